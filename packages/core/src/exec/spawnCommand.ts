import { execFrames, execProtocol } from "@miosa/protocol";
import { invalidArgument, type MiosaError, NetworkError, ProtocolError, TimeoutError } from "../errors.js";
import type { Transport } from "../http/transport.js";
import { requireId, requireNumber, requireObject, requireString } from "../requireArguments.js";
import { createDeadline, sleep } from "../timers.js";
import { checkedPlace } from "./runCommand.js";
import type { SpawnedCommand, SpawnInput, SpawnOptions, SpawnOutput } from "./types.js";

/** A writer waits while this much is still on its way to the socket, in bytes. */
const fullBufferBytes = 1_048_576;
const encoder = /* @__PURE__ */ new TextEncoder();

/** Starts a command over a WebSocket, `miosa-exec-v1`: one byte of frame kind, then its payload. Contract 6.5. */
export async function spawnCommand(transport: Transport, id: string, input: SpawnInput, options: SpawnOptions = {}): Promise<SpawnedCommand> {
  requireId(id);
  requireObject("input", input);
  requireString("command", input.command);
  const { command, cwd, env, terminal } = checkedPlace(input);
  if (terminal !== undefined) requireObject("terminal", terminal);
  if (terminal) for (const name of ["rows", "cols"] as const) requireNumber(`terminal.${name}`, terminal[name], 1, 65_535);
  const { timeoutMs = 30_000, maxUnreadBytes = 67_108_864, signal } = options;
  requireNumber("timeoutMs", timeoutMs, 0);
  signal?.throwIfAborted();
  const deadline = createDeadline(timeoutMs, signal);
  try {
    const { webSocket: Socket } = transport;
    if (!Socket) {
      throw invalidArgument("This runtime has no WebSocket. Give one as the client's webSocket option, such as that of the ws package.");
    }
    const url = transport.address("GET /computers/:id/exec/stream", {
      params: { id },
      query: {
        command,
        cwd,
        env: Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`),
        ...(terminal && { tty: true, rows: terminal.rows, cols: terminal.cols }),
      },
    });
    // Browsers let no header be set on a WebSocket, so the credential rides in a second subprotocol.
    const credential = (await transport.authorization(deadline.signal))?.replace("Bearer ", "bearer.");
    const socket = new Socket(url.replace(/^http/, "ws"), [execProtocol, credential ?? []].flat());
    const session = createSession(socket, id, maxUnreadBytes, signal);
    try {
      await deadline.race(session.opened);
      return session.command;
    } catch (error) {
      session.command.close();
      throw error;
    }
  } catch (error) {
    if (!deadline.expired) throw error;
    throw new TimeoutError(`The command's connection was not open within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId: id });
  } finally {
    deadline.dispose();
  }
}

function createSession(
  socket: WebSocket,
  sandboxId: string,
  maxUnreadBytes: number,
  signal: AbortSignal | undefined,
): { opened: Promise<void>; command: SpawnedCommand } {
  socket.binaryType = "arraybuffer";
  const queue: SpawnOutput[] = [];
  let unreadBytes = 0;
  let wake: (() => void) | undefined;
  let outcome: { exitCode: number } | { error: unknown } | undefined;
  const opened = withResolvers<void>();
  const exited = withResolvers<number>();
  const ended = new AbortController();
  void opened.promise.catch(() => undefined); // whoever spawned it hears of it; nobody else must
  void exited.promise.catch(() => undefined); // `output` reports the same failure

  function settle(result: { exitCode: number } | { error: unknown }): void {
    if (outcome) return;
    outcome = result;
    signal?.removeEventListener("abort", onAbort);
    if ("error" in result) {
      opened.reject(result.error);
      exited.reject(result.error);
    } else exited.resolve(result.exitCode);
    ended.abort("error" in result ? result.error : hasEnded());
    wake?.();
    socket.close();
  }
  function onAbort(): void {
    settle({ error: signal?.reason });
  }
  function take(frame: Uint8Array): void {
    const bytes = frame.subarray(1);
    if (frame[0] === execFrames.exit) {
      if (bytes.length < 4) return settle({ error: new ProtocolError("The exit frame is too short.", { code: "MALFORMED_FRAME", sandboxId }) });
      return settle({ exitCode: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) });
    }
    if (frame[0] !== execFrames.stdout && frame[0] !== execFrames.stderr) return;
    queue.push({ type: frame[0] === execFrames.stdout ? "stdout" : "stderr", bytes });
    unreadBytes += bytes.length;
    if (unreadBytes > maxUnreadBytes) {
      settle({ error: new ProtocolError(`More than ${maxUnreadBytes} bytes of output lie unread.`, { code: "OUTPUT_OVERFLOW", sandboxId }) });
    }
    wake?.();
  }

  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer && data.byteLength > 0 && !outcome) take(new Uint8Array(data));
  });
  socket.addEventListener("error", () => {
    settle({ error: new NetworkError("The command's connection failed or was refused.", { code: "NETWORK_ERROR", sandboxId }) });
  });
  socket.addEventListener("close", () => {
    const message = "The connection closed before the server said how the command ended.";
    settle({ error: new ProtocolError(message, { code: "STREAM_CLOSED", sandboxId }) });
  });
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });

  function send(kind: number, payload: Uint8Array): void {
    if (outcome || socket.readyState !== 1) throw hasEnded();
    const frame = new Uint8Array(payload.length + 1);
    frame[0] = kind;
    frame.set(payload, 1);
    socket.send(frame);
  }

  async function* output(): AsyncGenerator<SpawnOutput, void, void> {
    for (;;) {
      const piece = queue.shift();
      if (piece) {
        unreadBytes -= piece.bytes.length;
        yield piece;
      } else if (outcome && "error" in outcome) throw outcome.error;
      else if (outcome) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  const close = (): void => settle({ error: closed(sandboxId) });
  return {
    opened: opened.promise,
    command: {
      output: { [Symbol.asyncIterator]: output },
      exitCode: exited.promise,
      async write(text) {
        send(execFrames.stdin, typeof text === "string" ? encoder.encode(text) : text);
        while (socket.bufferedAmount > fullBufferBytes && socket.readyState === 1) await sleep(5, ended.signal);
      },
      endInput: () => send(execFrames.stdin, new Uint8Array()),
      resize({ rows, cols }) {
        requireNumber("rows", rows, 1, 65_535);
        requireNumber("cols", cols, 1, 65_535);
        const payload = new DataView(new ArrayBuffer(4));
        payload.setUint16(0, rows);
        payload.setUint16(2, cols);
        send(execFrames.resize, new Uint8Array(payload.buffer));
      },
      kill: (name = "SIGTERM") => send(execFrames.signal, encoder.encode(name)),
      close,
      async [Symbol.asyncDispose]() {
        close();
      },
    },
  };
}

function closed(sandboxId: string): ProtocolError {
  return new ProtocolError("The connection was closed here before the command ended.", { code: "STREAM_CLOSED", sandboxId });
}


function hasEnded(): MiosaError {
  return invalidArgument("The command has ended, so nothing can be sent to it.");
}

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void; reject(reason: unknown): void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
