import { eventStreamType } from "@miosa/protocol";
import type { Frame } from "./eventStream.js";
import type { LocalContext } from "./localEnv.js";

/** An open stream of server-sent events whose sender waits for a slow reader. */
export interface OutputStream {
  /** Sends frames in one piece. Resolves once the reader has taken most of what was sent; rejects when it has left. */
  send(frames: readonly Frame[]): Promise<void>;
}

/** How much may lie unread before the sender has to wait, in bytes. */
const highWaterBytes = 65_536;

/** Answers with a stream that ends when `run` does. Its signal aborts when the client leaves. */
export function openOutputStream(context: LocalContext, run: (stream: OutputStream, signal: AbortSignal) => Promise<void>): Response {
  const encoder = new TextEncoder();
  const left = new AbortController();
  let taken: (() => void) | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        async function send(frames: readonly Frame[]): Promise<void> {
          left.signal.throwIfAborted();
          controller.enqueue(encoder.encode(frames.map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join("")));
          while ((controller.desiredSize ?? 0) <= 0 && !left.signal.aborted) await new Promise<void>((resolve) => (taken = resolve));
          left.signal.throwIfAborted();
        }
        void run({ send }, left.signal).then(
          () => close(),
          (error: unknown) => {
            if (!left.signal.aborted) controller.error(error);
          },
        );
        function close(): void {
          if (!left.signal.aborted) controller.close();
        }
      },
      pull() {
        taken?.();
      },
      cancel() {
        left.abort(new Error("The client left."));
        taken?.();
      },
    },
    { highWaterMark: highWaterBytes, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  // Tells the Node adapter not to wait for a first piece before it sends the headers.
  const headers = { "content-type": eventStreamType, "cache-control": "no-cache", "x-accel-buffering": "no", "transfer-encoding": "chunked" };
  const request = context.req.raw.signal;
  request.addEventListener("abort", () => left.abort(new Error("The client left.")), { once: true });
  return new Response(body, { headers });
}
