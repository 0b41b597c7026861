import type { WebSocket } from "ws";
import { type BoxExecution, BoxRequestError } from "../drivers/driver.js";
import type { OpenedSocket } from "../http/upgrades.js";
import { type RouteParts, untilStopped } from "../routes/localRoute.js";
import type { ExecInput, ExecStart, ExecWire } from "./execWires.js";
import { tellExec } from "./tellExec.js";

/** A reader may lag behind by this much before the command's output is held back, in bytes. */
const maxUnsentBytes = 1_048_576;
/** More messages than this, not yet taken by the command, hold back the client. */
const maxWaitingMessages = 16;

/** A command that was chosen before its socket was opened. */
export interface GivenCommand {
  readonly start: ExecStart;
  /** Aborts to kill it. */
  readonly ended: AbortSignal;
  readonly onStarted: (execution: BoxExecution) => void;
}

/** Runs one command over a socket, to its end or until its client leaves. Without `given`, the socket's own query says which. */
export async function runSocket(opened: OpenedSocket, wire: ExecWire, parts: RouteParts, given?: GivenCommand): Promise<void> {
  const { socket, stream, record, query } = opened;
  const kill = new AbortController();
  const started = deferredExecution();
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  /** One message after the other, and no more than the command takes. */
  async function takeInTurn(before: Promise<void>, input: ExecInput): Promise<void> {
    await before;
    const execution = await started.promise;
    if (execution) await take(execution, input);
    waiting -= 1;
    if (waiting === 0) socket.resume();
  }
  socket.on("message", (data: Buffer, isBinary) => {
    const input = wire.readInput(data, isBinary);
    if (!input) return;
    waiting += 1;
    if (waiting > maxWaitingMessages) socket.pause();
    last = takeInTurn(last, input);
  });
  socket.on("close", () => kill.abort(new Error("The client left.")));
  socket.on("error", () => kill.abort(new Error("The socket failed.")));
  const stopped = untilStopped(record, parts);
  const onStopped = (): void => socket.close(1011, "The sandbox is not running any more.");
  stopped.signal.addEventListener("abort", onStopped, { once: true });
  try {
    const box = parts.store.boxOf(record);
    if (!box) throw new Error("The sandbox is not running.");
    const start = given?.start ?? wire.readStart(query);
    // What goes through a terminal are no lines, and what is typed into it is told to nobody.
    const told = start.tty ? box : tellExec(box, record, query.get("command") ?? start.argv.join(" "), parts);
    const signal = given ? AbortSignal.any([kill.signal, given.ended]) : kill.signal;
    const execution = await told.exec({ ...start, signal, onOutput: (name, bytes) => send(socket, wire.output(name, bytes)) });
    started.resolve(execution);
    given?.onStarted(execution);
    const { exitCode } = await execution.exited;
    wire.exit(socket, stream, exitCode);
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

function send(socket: WebSocket, frame: Buffer | string): Promise<void> | undefined {
  const sent = new Promise<void>((resolve) => socket.send(frame, () => resolve()));
  return socket.bufferedAmount > maxUnsentBytes ? sent : undefined;
}

async function take(execution: BoxExecution, input: ExecInput): Promise<void> {
  switch (input.kind) {
    case "data":
      return execution.write(input.bytes);
    case "end":
      return execution.endInput();
    case "resize":
      return execution.resize(input.rows, input.columns);
    case "signal":
      return execution.signal(input.name);
    default:
      return undefined;
  }
}
