import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { apiPrefix, execFrames, execProtocol, execRoutes } from "@miosa/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { type Access, type Caller, mayUse } from "../access/access.js";
import { BoxRequestError, type BoxCommand, type BoxExecution } from "../drivers/driver.js";
import { readOrigin } from "../http/requestGuard.js";
import { untilStopped, type RouteParts } from "../routes/localRoute.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";

/** What the sockets answer from. */
export interface ExecSocketParts extends RouteParts {
  access: Access;
  allowOrigins: readonly string[];
  port: () => number;
}

/** A reader may lag behind by this much before the command's output is held back, in bytes. */
const maxUnsentBytes = 1_048_576;
/** More messages than this, not yet taken by the command, hold back the client. */
const maxWaitingMessages = 16;

/** Answers `miosa-exec-v1` sockets at `GET /computers/:id/exec/stream`. Contract 6.5. The returned function ends them all. */
export function serveExecSockets(http: Server, parts: ExecSocketParts): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16_777_216, handleProtocols: () => execProtocol });
  const allowed = new Set(parts.allowOrigins.map(readOrigin));

  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const refusal = refuse(request, url);
    if (typeof refusal === "number") {
      stream.end(`HTTP/1.1 ${refusal} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => void runSocket(socket, refusal, url.searchParams, parts));
  });

  /** The sandbox that the request may run in, or the status of its refusal. */
  function refuse(request: IncomingMessage, url: URL): SandboxRecord | 400 | 401 | 403 | 404 | 409 {
    const own = [`127.0.0.1:${parts.port()}`, `localhost:${parts.port()}`, `[::1]:${parts.port()}`];
    if (!own.includes(request.headers.host ?? "")) return 403;
    const { origin } = request.headers;
    if (origin !== undefined && !allowed.has(origin)) return 403;
    const [, id] = new RegExp(`^${apiPrefix}/computers/([^/]+)/exec/stream$`).exec(url.pathname) ?? [];
    if (id === undefined) return 404;
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(execProtocol)) return 400;
    const caller = callerOf(request, url, offered, parts.access);
    if (!caller) return 401;
    if (!mayUse(caller, execRoutes.spawn)) return 403;
    const record = parts.store.get(caller.tenantId, id);
    if (!record) return 404;
    return parts.store.boxOf(record) ? record : 409;
  }

  return () => {
    for (const socket of sockets.clients) socket.terminate();
  };
}

function callerOf(request: IncomingMessage, url: URL, offered: readonly string[], access: Access): Caller | undefined {
  const [, header] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const credential = header ?? offered.find((name) => name.startsWith("bearer."))?.slice("bearer.".length);
  if (credential !== undefined) return access.callerOf(credential);
  const ticket = url.searchParams.get("ticket");
  return ticket === null ? undefined : access.redeemTicket(ticket);
}

async function runSocket(socket: WebSocket, record: SandboxRecord, query: URLSearchParams, parts: RouteParts): Promise<void> {
  const kill = new AbortController();
  const started = deferredExecution();
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  /** One message after the other, and no more than the command takes. */
  async function takeInTurn(before: Promise<void>, data: Buffer): Promise<void> {
    await before;
    const execution = await started.promise;
    if (execution) await take(execution, data);
    waiting -= 1;
    if (waiting === 0) socket.resume();
  }
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) return;
    waiting += 1;
    if (waiting > maxWaitingMessages) socket.pause();
    last = takeInTurn(last, data);
  });
  socket.on("close", () => kill.abort(new Error("The client left.")));
  socket.on("error", () => kill.abort(new Error("The socket failed.")));
  const stopped = untilStopped(record, parts);
  const onStopped = (): void => socket.close(1011, "The sandbox is not running any more.");
  stopped.signal.addEventListener("abort", onStopped, { once: true });
  try {
    const box = parts.store.boxOf(record);
    if (!box) throw new Error("The sandbox is not running.");
    const execution = await box.exec({ ...readQuery(query), signal: kill.signal, onOutput: (name, bytes) => sendOutput(socket, name, bytes) });
    started.resolve(execution);
    const { exitCode } = await execution.exited;
    const frame = Buffer.alloc(5);
    frame[0] = execFrames.exit;
    frame.writeUInt32BE(exitCode, 1);
    socket.send(frame);
    socket.close(1000);
  } catch (error) {
    socket.close(1011, error instanceof BoxRequestError ? `${error.field} ${error.message}`.slice(0, 120) : "The command could not be run.");
  } finally {
    started.resolve(undefined);
    stopped.callOff();
    stopped.signal.removeEventListener("abort", onStopped);
  }
}

function deferredExecution(): { promise: Promise<BoxExecution | undefined>; resolve(execution: BoxExecution | undefined): void } {
  let resolve: (execution: BoxExecution | undefined) => void = () => undefined;
  const promise = new Promise<BoxExecution | undefined>((settle) => (resolve = settle));
  return { promise, resolve };
}

function sendOutput(socket: WebSocket, name: "stdout" | "stderr", bytes: Uint8Array): Promise<void> | undefined {
  const frame = Buffer.alloc(bytes.byteLength + 1);
  frame[0] = execFrames[name];
  frame.set(bytes, 1);
  const sent = new Promise<void>((resolve) => socket.send(frame, () => resolve()));
  return socket.bufferedAmount > maxUnsentBytes ? sent : undefined;
}

async function take(execution: BoxExecution, data: Buffer): Promise<void> {
  const [kind] = data;
  const payload = data.subarray(1);
  if (kind === execFrames.stdin) {
    if (payload.byteLength === 0) execution.endInput();
    else await execution.write(payload);
  }
  if (kind === execFrames.resize && payload.byteLength >= 4) execution.resize(payload.readUInt16BE(0), payload.readUInt16BE(2));
  const name = payload.toString("latin1");
  if (kind === execFrames.signal && isSignal(name)) execution.signal(name);
}

const signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGCONT", "SIGSTOP", "SIGTSTP"] as const;

function isSignal(name: string): name is (typeof signals)[number] {
  return signals.some((known) => known === name);
}

function readQuery(query: URLSearchParams): Pick<BoxCommand, "argv" | "cwd" | "env" | "stdin" | "tty"> {
  const args = query.getAll("args");
  const command = query.get("command") ?? "";
  if (command === "") throw new BoxRequestError("command", "is required");
  const cwd = query.get("cwd");
  const env = Object.fromEntries(query.getAll("env").map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
  const count = (name: string, usual: number): number => Math.min(65_535, Math.max(1, Number(query.get(name) ?? usual) || usual));
  return {
    argv: args.length > 0 ? [command, ...args] : ["bash", "-c", command],
    ...(cwd !== null && { cwd }),
    env,
    stdin: true,
    ...(query.get("tty") === "true" && { tty: { rows: count("rows", 24), columns: count("cols", 80) } }),
  };
}
