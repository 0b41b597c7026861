import { BoxFileError, isFileErrorCode } from "../agent/fileError.mjs";
import { streams } from "../agent/channels.mjs";
import { isRecord } from "../agent/isRecord.mjs";
import type { createMux } from "../agent/mux.mjs";
import { CallFailed, ConnectionBroken } from "../agent/muxErrors.mjs";
import { createPieces } from "../agent/pieces.mjs";
import type { BoxFile, BoxFileChange, BoxFileContent, BoxFiles, BoxTree } from "./boxFiles.js";
import { type BoxCommand, BoxEndedError, type BoxExecution, type BoxExit, BoxRequestError, type BoxUsage } from "./driver.js";

/** The connection to the agent of one box. What comes from there is checked: the box's processes could have got hold of the agent. */
export type AgentMux = ReturnType<typeof createMux>;

/** Why a call to an agent failed, as the caller of a box sees it. */
export function toBoxError(error: unknown): unknown {
  // What breaks the connection ends the box; what a caller's own stream throws goes to the caller.
  if (error instanceof ConnectionBroken) return new BoxEndedError();
  if (!(error instanceof CallFailed)) return error;
  const { details } = error;
  if (!isRecord(details)) return new Error("The sandbox answered what makes no sense.");
  const message = textOf(details["message"]);
  if (details["kind"] === "file" && isFileErrorCode(details["code"])) return new BoxFileError(details["code"], textOf(details["path"]), message);
  if (details["kind"] === "request") return new BoxRequestError(textOf(details["field"]), message);
  return new Error(message);
}

/** Makes one call whose answer is all that matters. */
export async function callAgent(mux: AgentMux, method: string, params: object = {}): Promise<unknown> {
  try {
    return await mux.call(method, params).result;
  } catch (error) {
    throw toBoxError(error);
  }
}

/** Starts a command. */
export async function execInBox(mux: AgentMux, command: BoxCommand, env: Readonly<Record<string, string>>): Promise<BoxExecution> {
  command.signal?.throwIfAborted();
  const { argv, cwd, stdin, tty, cpuSec } = command;
  let onStarted: (pid: number) => void = () => {};
  const started = new Promise<number>((resolve) => (onStarted = resolve));
  const channel = mux.call("exec", { argv, cwd, env, stdin, tty, cpuSec }, {
    onData: (stream, bytes) => passOn(command, stream, bytes),
    onMessage: (message) => onStarted(isRecord(message) ? numberOf(message["pid"]) : 0),
  });
  const onAbort = (): void => channel.cancel();
  command.signal?.addEventListener("abort", onAbort, { once: true });
  const exited = endOf(channel.result, () => command.signal?.removeEventListener("abort", onAbort));
  exited.catch(() => {}); // the caller learns of it by what is returned
  const pid = await Promise.race([started, exited.then(() => 0)]);
  if (command.signal?.aborted) channel.cancel();
  return {
    pid,
    exited,
    signal: (signal) => channel.message({ signal }),
    write: (bytes) => channel.send(streams.input, bytes),
    endInput: () => channel.end(streams.input),
    resize: (rows, columns) => channel.message({ rows, columns }),
  };
}

async function passOn(command: BoxCommand, stream: number, bytes: Uint8Array): Promise<void> {
  try {
    await command.onOutput(stream === streams.errors ? "stderr" : "stdout", bytes);
  } catch {
    // Whoever could not take the output says so elsewhere; the command goes on.
  }
}

async function endOf(result: Promise<unknown>, onEnd: () => void): Promise<BoxExit> {
  try {
    return readExit(await result);
  } catch (error) {
    throw toBoxError(error);
  } finally {
    onEnd();
  }
}

function readExit(value: unknown): BoxExit {
  const { exitCode, signal, limit } = isRecord(value) ? value : {};
  return {
    exitCode: numberOf(exitCode),
    ...(typeof signal === "string" && { signal }),
    ...((limit === "memory" || limit === "cpu" || limit === "workspace") && { limit }),
  };
}

/** The files of a box as its agent shows them. */
export function createAgentFiles(open: () => AgentMux): BoxFiles {
  const one = async (method: string, params: object): Promise<BoxFile> => readFile(await callAgent(open(), `files.${method}`, params));
  return {
    stat: (path) => one("stat", { path }),
    list: async (path, options) => readFiles(await callAgent(open(), "files.list", { path, ...options })),
    tree: async (path, options) => readTree(await callAgent(open(), "files.tree", { path, ...options })),
    mkdir: (path, options) => one("mkdir", { path, ...options }),
    rename: (from, to) => one("rename", { path: from, to }),
    copy: (from, to, options) => one("copy", { path: from, to, ...options }),
    chmod: (path, mode) => one("chmod", { path, mode }),
    remove: async (path, options) => void (await callAgent(open(), "files.remove", { path, ...options })),
    read: (path, { signal, ...range } = {}) => readInBox(open(), { path, ...range }, signal),
    async write(path, content, { signal, ...options } = {}) {
      signal?.throwIfAborted();
      const channel = open().call("files.write", { path, ...withoutInfinity(options) });
      try {
        for await (const piece of content instanceof Uint8Array ? [content] : content) {
          signal?.throwIfAborted();
          await Promise.race([channel.send(streams.input, piece), channel.result]);
        }
        signal?.throwIfAborted();
        channel.end(streams.input);
        return readFile(await channel.result);
      } catch (error) {
        channel.cancel();
        throw toBoxError(error);
      }
    },
    async watch(path, { signal, onStarted, onChange, recursive }) {
      const onMessage = (message: unknown): void => {
        if (!isRecord(message)) return;
        if (message["started"] === true) onStarted?.();
        else onChange(readChange(message["change"]));
      };
      const channel = open().call("files.watch", { path, recursive }, { onMessage });
      const onAbort = (): void => channel.cancel();
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      try {
        await channel.result;
      } catch (error) {
        throw toBoxError(error);
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

async function readInBox(mux: AgentMux, { path, offset = 0, length = Infinity }: ReadRequest, signal: AbortSignal | undefined): Promise<BoxFileContent> {
  signal?.throwIfAborted();
  const onAbort = (): void => {
    channel.cancel();
    pieces.fail(signal?.reason);
  };
  const pieces = createPieces(() => {
    signal?.removeEventListener("abort", onAbort);
    channel.cancel();
  });
  let onFile: (file: BoxFile) => void = () => {};
  const opened = new Promise<BoxFile>((resolve) => (onFile = resolve));
  let left = Infinity;
  const channel = mux.call("files.read", { path, ...withoutInfinity({ offset, length }) }, {
    onMessage(message) {
      const file = readFile(isRecord(message) ? message["file"] : undefined);
      left = Math.max(0, Math.min(length, file.sizeBytes - offset));
      if (left === 0) pieces.end();
      onFile(file);
    },
    onData(_, bytes) {
      const wanted = bytes.subarray(0, left);
      left -= wanted.byteLength;
      const taken = pieces.add(wanted);
      // It is whole with its last byte, also when the box ends before it can say so.
      if (left === 0) pieces.end();
      return taken;
    },
    onEnd: () => pieces.end(),
  });
  signal?.addEventListener("abort", onAbort, { once: true });
  channel.result.catch((error: unknown) => pieces.fail(toBoxError(error)));
  try {
    const file = await Promise.race([opened, channel.result.then(() => opened)]);
    return { file, pieces: pieces.iterate() };
  } catch (error) {
    signal?.removeEventListener("abort", onAbort);
    throw toBoxError(error);
  }
}

interface ReadRequest {
  readonly path: string;
  readonly offset?: number;
  readonly length?: number;
}

/** What the box uses, as its agent counts it. */
export async function readUsage(mux: AgentMux): Promise<BoxUsage> {
  const value = await callAgent(mux, "usage");
  const { cpuMs, memoryBytes, processes, workspaceBytes } = isRecord(value) ? value : {};
  return {
    cpuMs: numberOf(cpuMs),
    memoryBytes: numberOf(memoryBytes),
    processes: numberOf(processes),
    workspaceBytes: numberOf(workspaceBytes),
  };
}

const kinds = ["file", "directory", "symlink", "other"] as const;

function readFile(value: unknown): BoxFile {
  const file = isRecord(value) ? value : {};
  return {
    path: textOf(file["path"]),
    name: textOf(file["name"]),
    kind: kinds.find((kind) => kind === file["kind"]) ?? "other",
    sizeBytes: numberOf(file["sizeBytes"]),
    mode: numberOf(file["mode"]),
    modifiedAtMs: numberOf(file["modifiedAtMs"]),
  };
}

function readFiles(value: unknown): BoxFile[] {
  return Array.isArray(value) ? value.map(readFile) : [];
}

function readTree(value: unknown): BoxTree {
  const children: unknown = isRecord(value) ? value["children"] : undefined;
  return { ...readFile(value), ...(Array.isArray(children) && { children: children.map(readTree) }) };
}

function readChange(value: unknown): BoxFileChange {
  const { path, kind, sizeBytes } = readFile(value);
  const type = isRecord(value) ? value["type"] : undefined;
  if (type === "deleted") return { type, path, kind };
  return { type: type === "created" ? "created" : "modified", path, kind, sizeBytes };
}

// JSON has no Infinity, and nothing means the same here.
function withoutInfinity(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== Infinity));
}

function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 8_000) : "";
}
