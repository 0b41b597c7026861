import type { Duplex } from "node:stream";
import { execFrames, execProtocol } from "@miosa/protocol";
import type { WebSocket } from "ws";
import { BoxRequestError, type BoxCommand } from "../drivers/driver.js";
import { isObject } from "../isObject.js";

/** What a client sends to a running command. */
export type ExecInput =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "resize"; readonly rows: number; readonly columns: number }
  | { readonly kind: "signal"; readonly name: NodeJS.Signals };

/** What a command is started with. */
export type ExecStart = Pick<BoxCommand, "argv" | "cwd" | "env" | "stdin" | "tty">;

/** One of the API's ways to talk with a running command over a WebSocket. Contract 4.16 and 6.5. */
export interface ExecWire {
  readonly protocol?: string;
  /** Throws a BoxRequestError for what cannot be run. */
  readStart(query: URLSearchParams): ExecStart;
  readInput(data: Buffer, isBinary: boolean): ExecInput | undefined;
  output(stream: "stdout" | "stderr", bytes: Uint8Array): Buffer | string;
  /** Says how the command ended, and ends the connection. */
  exit(socket: WebSocket, stream: Duplex, exitCode: number): void;
}

/** Binary frames with a kind byte in front, as TypeScript clients talk. */
export const binaryWire: ExecWire = {
  protocol: execProtocol,
  readStart: (query) => {
    const command = readCommandOf(query);
    const args = query.getAll("args");
    const cwd = query.get("cwd");
    const env = Object.fromEntries(query.getAll("env").map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
    return {
      argv: args.length > 0 ? [command, ...args] : ["bash", "-c", command],
      ...(cwd !== null && { cwd }),
      env,
      stdin: true,
      ...(query.get("tty") === "true" && { tty: readSize(query) }),
    };
  },
  readInput(data, isBinary) {
    if (!isBinary) return undefined;
    const [kind] = data;
    const payload = data.subarray(1);
    if (kind === execFrames.stdin) return payload.byteLength === 0 ? { kind: "end" } : { kind: "data", bytes: payload };
    if (kind === execFrames.resize && payload.byteLength >= 4) return { kind: "resize", rows: payload.readUInt16BE(0), columns: payload.readUInt16BE(2) };
    const name = payload.toString("latin1");
    return kind === execFrames.signal && isSignal(name) ? { kind: "signal", name } : undefined;
  },
  output: (stream, bytes) => prefixed(execFrames[stream], bytes),
  exit(socket, _, exitCode) {
    const frame = Buffer.alloc(5);
    frame[0] = execFrames.exit;
    frame.writeUInt32BE(exitCode, 1);
    socket.send(frame);
    socket.close(1000);
  },
};

/** Text in, bytes out, and the exit code in the close code, as Elixir clients talk. */
export const closeCodeWire: ExecWire = {
  readStart: (query) => ({
    argv: ["bash", "-c", readCommandOf(query)],
    stdin: true,
    ...(query.get("pty") === "true" && { tty: readSize(query) }),
  }),
  readInput: (data, isBinary) => (isBinary ? { kind: "data", bytes: data } : (readResize(data) ?? { kind: "data", bytes: data })),
  output: (_, bytes) => Buffer.from(bytes),
  exit(_, stream, exitCode) {
    const code = 1_000 + exitCode;
    // Written by hand, since these codes are none that a WebSocket may close with.
    stream.end(Buffer.from([0x88, 2, Math.floor(code / 256), code % 256]));
  },
};

/** Raw bytes in, bytes with a stream's number in front out, and a JSON exit, as Go clients talk. */
export const spawnWire: ExecWire = {
  readStart: (query) => ({
    argv: ["bash", "-c", readCommandOf(query)],
    stdin: true,
    ...((query.has("rows") || query.has("cols")) && { tty: readSize(query) }),
  }),
  readInput: (data, isBinary) => (isBinary ? { kind: "data", bytes: data } : readResize(data)),
  output: (stream, bytes) => prefixed(execFrames[stream], bytes),
  exit(socket, _, exitCode) {
    socket.send(JSON.stringify({ type: "exit", exit: exitCode }));
    socket.close(1000);
  },
};

/** JSON both ways, as the terminal in a page talks. Its shell is chosen beforehand, or is bash. */
export const terminalWire: ExecWire = {
  protocol: "miosa-pty-v1",
  readStart: (query) => ({ argv: ["bash", "-i"], stdin: true, tty: readSize(query) }),
  readInput(data, isBinary) {
    if (isBinary) return { kind: "data", bytes: data };
    const message = parseObject(data);
    if (message["type"] === "input" && typeof message["data"] === "string") return { kind: "data", bytes: Buffer.from(message["data"]) };
    return readResize(data);
  },
  output: (_, bytes) => Buffer.from(bytes),
  exit: (socket) => socket.close(1000),
};

function readCommandOf(query: URLSearchParams): string {
  const command = query.get("command") ?? "";
  if (command === "") throw new BoxRequestError("command", "is required");
  return command;
}

function readSize(query: URLSearchParams): { rows: number; columns: number } {
  return { rows: sizeOf(query.get("rows"), 24), columns: sizeOf(query.get("cols"), 80) };
}

/** A terminal's rows or columns: what was given as far as a terminal can have it, else the usual. */
export function sizeOf(value: unknown, usual: number): number {
  return Math.min(65_535, Math.max(1, Number(value ?? usual) || usual));
}

function readResize(data: Buffer): ExecInput | undefined {
  const { type, rows, cols } = parseObject(data);
  return type === "resize" ? { kind: "resize", rows: sizeOf(rows, 24), columns: sizeOf(cols, 80) } : undefined;
}

function parseObject(data: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(data.toString());
    return isObject(value) ? value : {};
  } catch {
    return {}; // text that is no JSON is input like any other
  }
}

function prefixed(kind: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(bytes.byteLength + 1);
  frame[0] = kind;
  frame.set(bytes, 1);
  return frame;
}

const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGCONT", "SIGSTOP", "SIGTSTP"] as const;

/** True for the name of a signal that a client may send. */
export function isSignal(name: string): name is (typeof signals)[number] {
  return signals.some((known) => known === name);
}
