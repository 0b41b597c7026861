import { NetworkError, TimeoutError } from "../errors.js";
import type { Transport } from "../http/transport.js";
import { requireId, requireNumber, requireString } from "../requireArguments.js";
import { createDeadline, raceSignal } from "../timers.js";
import type { Download, TransferOptions } from "./types.js";

/** Opens a file as a stream that asks the connection for its next piece only when it is read. `GET /computers/:id/files/download`. */
export async function downloadFile(transport: Transport, id: string, path: string, options: TransferOptions = {}): Promise<Download> {
  requireId(id);
  requireString("path", path);
  const { timeoutMs = Number.POSITIVE_INFINITY, signal: callerSignal, headers, onProgress } = options;
  requireNumber("timeoutMs", timeoutMs, 0);
  callerSignal?.throwIfAborted();
  const deadline = createDeadline(timeoutMs, callerSignal);
  // Cancelling a body does not everywhere end its request; aborting the request does.
  const controller = new AbortController();
  const onEnd = (): void => controller.abort(deadline.signal.reason);
  deadline.signal.addEventListener("abort", onEnd, { once: true });
  const { signal } = controller;

  const held: { reader?: ReadableStreamDefaultReader<Uint8Array> | undefined } = {};
  function close(): void {
    deadline.dispose();
    controller.abort();
    void held.reader?.cancel().catch(() => undefined); // a fetch that ignores its signal lets go here; the rest have already
  }
  function failure(cause: unknown): unknown {
    if (deadline.expired) return new TimeoutError(`The download did not finish within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId: id });
    if (callerSignal?.aborted) return callerSignal.reason;
    return cause;
  }
  async function nextPiece(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await raceSignal(reader.read(), signal);
    } catch (cause) {
      throw new NetworkError("The download was cut off.", { code: "STREAM_LOST", sandboxId: id, cause });
    }
  }

  let response: Response;
  try {
    response = await raceSignal(
      transport.open("GET /computers/:id/files/download", { params: { id }, query: { path }, headers, signal }),
      signal,
    );
  } catch (cause) {
    const error = failure(cause);
    close();
    throw error;
  }
  const length = response.headers.get("content-length");
  const totalBytes = length === null || response.headers.has("content-encoding") ? undefined : Number(length);
  const reader = response.body?.getReader();
  held.reader = reader;
  let sentBytes = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(target) {
        try {
          const { done, value } = reader ? await nextPiece(reader) : { done: true, value: undefined };
          if (done || value === undefined) {
            close();
            target.close();
            return;
          }
          sentBytes += value.length;
          target.enqueue(value);
          onProgress?.({ sentBytes, totalBytes });
        } catch (cause) {
          const error = failure(cause);
          close();
          throw error;
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
  return { body, sizeBytes: totalBytes };
}
