// Runs inside a box, as the only thing that the server talks to: commands, files, connections and tests are asked for over its
// input and output. It imports nothing but Node's own modules and the files beside it. What it says is not trusted outside: the
// box's own processes run as the same user.
import { createFiles } from "./createFiles.mjs";
import { createBoxPaths } from "./boxPaths.mjs";
import { streams } from "./channels.mjs";
import { dialPort } from "./dialPort.mjs";
import { offerEgress, proxyEnvironment } from "./egress.mjs";
import { BoxFileError } from "./fileError.mjs";
import { fileCall } from "./fileCalls.mjs";
import { isRecord } from "./isRecord.mjs";
import { fullLimits, limitPrefix, measure, watchLimits } from "./limits.mjs";
import { createMux } from "./mux.mjs";
import { readProcesses, signalEverything } from "./processes.mjs";
import { BoxRequestError } from "./requestError.mjs";
import { selfTest } from "./selfTest.mjs";
import { startCommand } from "./startCommand.mjs";

/** @import { BoxExecution } from "../drivers/driver.js" */
/** @import { Channel, ChannelEvents } from "./channels.mjs" */

const places = { "/workspace": "/workspace", "/home/user": "/home/user", "/tmp": "/tmp" };
const paths = createBoxPaths(places);
const files = createFiles(places);
const counted = ["/workspace", "/home/user"];

/** @type {unknown} */
const settings = JSON.parse(process.argv[2] ?? "{}");
const limits = fullLimits(isRecord(settings) && isRecord(settings["limits"]) ? settings["limits"] : {});
const hasEgress = isRecord(settings) && settings["egress"] === true;
/** The box's own environment, as the driver has set it for this process. @type {Readonly<Record<string, string>>} */
const environment = {
  ...stringsOf(Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "PWD"))),
  ...(hasEgress && proxyEnvironment),
};

/** What the box's limits have ended, for the commands that were running then. @type {Set<(limit: "memory" | "workspace") => void>} */
const limitListeners = new Set();
const watch = watchLimits(limits, counted, (limit) => {
  for (const listener of limitListeners) listener(limit);
});

process.title = "miosa-agent"; // so that `pkill node` in a command means the user's own
process.on("SIGHUP", () => {});
// An error of the agent ends the box, which the server then tells; there is nobody here to tell.
const mux = createMux("box", process.stdin, process.stdout, onCall);
void mux.ended.then(() => process.exit(0));
const egress = hasEgress ? offerEgress(mux) : undefined;

/**
 * @param {string} method
 * @param {unknown} params
 * @param {Channel} channel
 * @returns {ChannelEvents}
 */
function onCall(method, params, channel) {
  const given = isRecord(params) ? params : {};
  if (method === "exec") return exec(given, channel);
  if (method === "dial") return dialPort(Number(given["port"]), channel, failWith);
  if (method.startsWith("files.")) return fileCall(files, method.slice("files.".length), given, channel, failWith);
  void answer(method, given).then(channel.done, (/** @type {unknown} */ error) => failWith(channel, error));
  return {};
}

/**
 * @param {string} method
 * @param {Record<string, unknown>} params
 * @returns {Promise<unknown>}
 */
async function answer(method, params) {
  if (method === "hello") {
    await egress;
    return { pid: process.pid };
  }
  if (method === "selfTest") return selfTest({ seccomp: params["seccomp"] === true });
  if (method === "pause") {
    watch.setPaused(true);
    return signalEverything("SIGSTOP");
  }
  if (method === "resume") {
    signalEverything("SIGCONT");
    return watch.setPaused(false);
  }
  if (method === "usage") {
    const seen = readProcesses();
    return {
      cpuMs: seen.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      memoryBytes: seen.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      processes: seen.filter(({ pid }) => pid !== 1 && pid !== process.pid).length,
      workspaceBytes: await measure(counted),
    };
  }
  throw new Error("no such method");
}

/**
 * @param {Record<string, unknown>} params
 * @param {Channel} channel
 * @returns {ChannelEvents}
 */
function exec(params, channel) {
  const abort = new AbortController();
  /** @type {"memory" | "workspace" | undefined} */
  let passed;
  const onPassed = (/** @type {"memory" | "workspace"} */ limit) => void (passed = limit);
  limitListeners.add(onPassed);
  watch.wake();
  const started = start(params, channel, abort.signal);

  async function follow() {
    try {
      const execution = await started;
      channel.message({ pid: execution.pid });
      const exit = await execution.exited;
      const isCpu = exit.signal === "SIGXCPU" || exit.exitCode === 152;
      const limit = isCpu ? "cpu" : exit.exitCode === 137 ? passed : undefined;
      channel.done({ ...exit, ...(limit !== undefined && { limit }) });
    } catch (error) {
      failWith(channel, error);
    } finally {
      limitListeners.delete(onPassed);
      watch.release();
    }
  }
  void follow();

  return {
    onData: async (_, bytes) => (await withExecution(started))?.write(bytes),
    onEnd: async () => (await withExecution(started))?.endInput(),
    onMessage: async (message) => {
      const execution = await withExecution(started);
      if (!execution || !isRecord(message)) return;
      const { signal, rows, columns } = message;
      if (isSignal(signal)) execution.signal(signal);
      if (typeof rows === "number" && typeof columns === "number") execution.resize(rows, columns);
    },
    onCancel: () => abort.abort(),
  };
}

/**
 * A command that could not be started takes no input; that it could not is told elsewhere.
 * @param {Promise<BoxExecution>} started
 */
function withExecution(started) {
  return started.catch(() => undefined);
}

/**
 * @param {Record<string, unknown>} params
 * @param {Channel} channel
 * @param {AbortSignal} signal
 */
async function start(params, channel, signal) {
  const argv = Array.isArray(params["argv"]) ? params["argv"].map(String) : [];
  const [file = "", ...args] = argv;
  const { tty, cpuSec, cwd } = params;
  return startCommand(
    {
      argv: [file, ...args],
      signal,
      stdin: params["stdin"] === true,
      ...(isRecord(tty) && { tty: { rows: Number(tty["rows"]), columns: Number(tty["columns"]) } }),
      onOutput: (stream, bytes) => channel.send(stream === "stdout" ? streams.output : streams.errors, bytes),
    },
    {
      cwd: await directoryOf(typeof cwd === "string" ? cwd : "/workspace"),
      env: { ...environment, ...stringsOf(params["env"]) },
      prefix: limitPrefix(limits, typeof cpuSec === "number" ? cpuSec : undefined),
    },
  );
}

/** @param {string} path */
async function directoryOf(path) {
  try {
    const found = await paths.target(path);
    if ((await files.stat(path)).kind === "directory") return found.host;
  } catch (error) {
    if (error instanceof BoxFileError && error.code === "FORBIDDEN_PATH") {
      throw new BoxRequestError("working_dir", `must lie in ${Object.keys(places).join(", ")}`);
    }
    if (!(error instanceof BoxFileError)) throw error;
  }
  throw new BoxRequestError("working_dir", "is not a directory");
}

/**
 * @param {Channel} channel
 * @param {unknown} error
 */
function failWith(channel, error) {
  if (error instanceof BoxFileError) return channel.fail({ kind: "file", code: error.code, path: error.path, message: error.message });
  if (error instanceof BoxRequestError) return channel.fail({ kind: "request", field: error.field, message: error.message });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  channel.fail({ kind: "other", message: code === "ENOENT" ? "The program is not there." : `The sandbox could not do it${code && ` (${code})`}.` });
}

/**
 * @param {unknown} value
 * @returns {Record<string, string>}
 */
function stringsOf(value) {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)])) : {};
}

/**
 * @param {unknown} name
 * @returns {name is NodeJS.Signals}
 */
function isSignal(name) {
  return typeof name === "string" && /^SIG[A-Z0-9+]{2,10}$/.test(name);
}
