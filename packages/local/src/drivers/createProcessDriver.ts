import { execFile } from "node:child_process";
import { cp, lstat, mkdir, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import { createBoxPaths, type Places } from "../agent/boxPaths.mjs";
import { createFiles } from "../agent/createFiles.mjs";
import { BoxFileError } from "../agent/fileError.mjs";
import { measure } from "../agent/limits.mjs";
import { startCommand } from "../agent/startCommand.mjs";
import {
  type BoxCommand,
  type BoxExecution,
  BoxRequestError,
  type BoxSpec,
  type DriverProbe,
  type SandboxBox,
  type SandboxDriver,
} from "./driver.js";
import { createProcessScan, markerName, type ProcessScan } from "./processScan.js";
import { createRunDirectory } from "./runDirectory.js";

/** Options of {@link createProcessDriver}. */
export interface ProcessDriverOptions {
  /** Directory in which the sandboxes' directories are made. @default the system's temporary directory */
  dataDir?: string;
  /**
   * Directory that is there already, in which boxes' files outlive the driver. Closing stops them, and `adopt` takes them over.
   * @default none: nothing outlives the driver
   */
  keepDir?: string;
}

/** Directories that every box shows to its commands, and where they lie below the box's own directory. */
const places = { "/workspace": "workspace", "/home/user": "home", "/tmp": "tmp" } as const;

/**
 * Runs each sandbox's commands as plain child processes in a private directory. It isolates NOTHING: a command can
 * do whatever the user who started the server can do. For machines without namespaces, and for trusted commands only.
 */
export function createProcessDriver(options: ProcessDriverOptions = {}): SandboxDriver {
  const boxes = new Map<string, SandboxBox>();
  const scan = createProcessScan();
  const runDirectory = createRunDirectory(options.dataDir ?? tmpdir());
  const { keepDir } = options;

  function addBox(spec: BoxSpec, directory: string, isStopped: boolean): SandboxBox {
    const forget = (): void => void boxes.delete(spec.id);
    const box = createBox(spec, { directory, scan, forget, isStopped, ...(keepDir !== undefined && { keptAs: basename(directory) }) });
    boxes.set(spec.id, box);
    return box;
  }

  async function create(spec: BoxSpec): Promise<SandboxBox> {
    spec.signal.throwIfAborted();
    spec.onPhase?.("allocating");
    const directory = join(keepDir ?? (await runDirectory.open(0o700)), spec.id);
    const box = addBox(spec, directory, false);
    for (const name of Object.values(places)) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    if (spec.filesFrom !== undefined) await copyFiles(spec.filesFrom, directory);
    return box;
  }

  async function adopt(directory: string, spec: BoxSpec): Promise<SandboxBox> {
    const uid = process.getuid?.();
    // Another driver's: as this server's own user, its commands could not change them.
    if (uid !== undefined && (await lstat(directory)).uid !== uid) {
      await promisify(execFile)("chown", ["-hR", `${uid}:${process.getgid?.() ?? uid}`, "--", directory], { env: { PATH: "/usr/bin:/bin" } });
    }
    for (const name of Object.values(places)) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    return addBox(spec, directory, true);
  }

  async function close(): Promise<void> {
    await Promise.all([...boxes.values()].map((box) => (keepDir === undefined ? box.destroy() : box.stop())));
    await runDirectory.close();
  }

  return {
    name: "process",
    isolation: "none",
    probe,
    create,
    ...(keepDir !== undefined && { adopt: (spec: BoxSpec, keptAs: string) => adopt(join(keepDir, keptAs), spec) }),
    list: () => [...boxes.keys()],
    close,
  };
}

async function probe(): Promise<DriverProbe> {
  try {
    const execution = await startCommand({ argv: ["bash", "-c", "true"], onOutput: () => {} }, { cwd: tmpdir(), env: { PATH: searchPath } });
    const { exitCode } = await execution.exited;
    return exitCode === 0 ? { ok: true } : { ok: false, reason: `bash -c true ended with exit code ${exitCode}.` };
  } catch (error) {
    return { ok: false, reason: `bash cannot be started; install it. (${error instanceof Error ? error.message : "unknown error"})` };
  }
}

interface BoxParts {
  readonly directory: string;
  readonly scan: ProcessScan;
  readonly forget: () => void;
  readonly isStopped: boolean;
  readonly keptAs?: string;
}

function createBox(spec: BoxSpec, parts: BoxParts): SandboxBox {
  const { id } = spec;
  const { directory, scan, keptAs } = parts;
  const running = new Set<BoxExecution>();
  const own: Places = Object.fromEntries(Object.entries(places).map(([place, name]) => [place, join(directory, name)]));
  let onPhase = spec.onPhase;
  let { isStopped } = parts;
  let destroyed: Promise<void> | undefined;

  async function exec(command: BoxCommand): Promise<BoxExecution> {
    if (destroyed || isStopped) throw new Error(`The sandbox is ${destroyed ? "destroyed" : "stopped"}.`);
    const cwd = await hostDirectory(own, command.cwd ?? "/workspace");
    const env = { ...cleanEnvironment(directory), ...spec.env, ...command.env, [markerName]: id };
    const execution = await startCommand(command, { cwd, env });
    running.add(execution);
    if (destroyed) execution.signal("SIGKILL");
    void execution.exited.finally(() => running.delete(execution));
    return execution;
  }

  async function waitReady(signal: AbortSignal): Promise<void> {
    onPhase?.("checking");
    let output = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (output += Buffer.from(bytes).toString());
    const { exitCode } = await (await exec({ argv: ["bash", "-c", "printf ready"], signal, onOutput })).exited;
    signal.throwIfAborted();
    if (exitCode !== 0 || output !== "ready") throw new Error(`The first command ended with exit code ${exitCode}.`);
    onPhase?.("ready");
  }

  async function endProcesses(): Promise<void> {
    const ends = [...running].map((execution) => {
      execution.signal("SIGKILL");
      return execution.exited;
    });
    await scan.killAll(id, directory);
    await Promise.all(ends);
  }

  async function destroyNow(): Promise<void> {
    await endProcesses();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    parts.forget();
  }

  return {
    id,
    files: createFiles(own),
    isWarm: false,
    ...(keptAs !== undefined && { keptAs }),
    lost: new Promise(() => {}), // there is nothing of a box that could end
    waitReady,
    exec,
    dial,
    pause: () => scan.signalAll(id, directory, "SIGSTOP"),
    resume: () => scan.signalAll(id, directory, "SIGCONT"),
    usage: async () => ({ workspaceBytes: await measure([places["/workspace"], places["/home/user"]].map((name) => join(directory, name))) }),
    saveFiles: (target) => copyFiles(directory, target),
    async stop() {
      isStopped = true;
      await endProcesses();
    },
    async start(signal, told) {
      signal.throwIfAborted();
      onPhase = told;
      onPhase?.("allocating");
      isStopped = false;
    },
    destroy: () => (destroyed ??= destroyNow()),
  };
}

async function dial(port: number, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    const letGo = (): void => signal.removeEventListener("abort", onAbort);
    socket.once("connect", () => {
      letGo();
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error) => {
      letGo();
      reject(signal.aborted ? error : new BoxRequestError("port", `nothing listens on port ${port}`));
    });
  });
}

/** Copies the files that outlive a box's processes: those of its workspace and home. */
async function copyFiles(from: string, to: string): Promise<void> {
  for (const name of [places["/workspace"], places["/home/user"]]) {
    await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}

/** The host's directory for a path as the box's commands name it. */
async function hostDirectory(places: Places, path: string): Promise<string> {
  for (const host of Object.values(places)) await mkdir(host, { recursive: true, mode: 0o700 }); // a command may have removed it
  try {
    const { host } = await createBoxPaths(places).target(path);
    if ((await stat(host)).isDirectory()) return host;
  } catch (error) {
    if (!(error instanceof BoxFileError)) throw error;
    if (error.code === "FORBIDDEN_PATH") throw new BoxRequestError("working_dir", `must lie in ${Object.keys(places).join(", ")}`);
  }
  throw new BoxRequestError("working_dir", "is not a directory");
}

const searchPath = [
  ...["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/homebrew/bin"],
  dirname(process.execPath),
].join(delimiter);

/** What a command finds in its environment: nothing of the server's own. */
function cleanEnvironment(directory: string): Record<string, string> {
  return {
    PATH: searchPath,
    HOME: join(directory, places["/home/user"]),
    TMPDIR: join(directory, places["/tmp"]),
    USER: "user",
    LANG: "C.UTF-8",
    TERM: "dumb",
  };
}
