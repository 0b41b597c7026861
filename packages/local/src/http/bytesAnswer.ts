import { BoxEndedError } from "../drivers/driver.js";
import { cutAfterHeaders } from "./cutConnection.js";
import type { LocalContext } from "./localEnv.js";

/** What an answer of bytes says of them, and who is told what goes wrong. */
export interface BytesOptions {
  /** @default "application/octet-stream" */
  readonly type?: string;
  readonly sizeBytes?: number;
  /** Called with what goes wrong on the way, unless the sandbox has ended or the client has left. */
  readonly onError: (error: unknown) => void;
}

/**
 * An answer of raw bytes under a file's name; nothing but the first piece is read ahead of the client. Rejects when that one cannot
 * be read. When a later one cannot, the connection is cut, so that nobody takes what came before for the whole.
 */
export async function bytesAnswer(context: LocalContext, pieces: AsyncIterable<Uint8Array>, name: string, options: BytesOptions): Promise<Response> {
  const { type = "application/octet-stream", sizeBytes } = options;
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  return new Response(streamOf(context, iterator, first, options), {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      "x-content-type-options": "nosniff",
      ...(sizeBytes !== undefined && { "content-length": String(sizeBytes) }),
    },
  });
}

function streamOf(context: LocalContext, iterator: AsyncIterator<Uint8Array>, first: IteratorResult<Uint8Array>, { onError }: BytesOptions): ReadableStream<Uint8Array> {
  let ahead: IteratorResult<Uint8Array> | undefined = first;

  function fail(error: unknown, controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (!(error instanceof BoxEndedError) && !context.req.raw.signal.aborted) onError(error);
    const { outgoing } = context.env;
    // An error of the stream would be printed, and its words appended to the bytes.
    if (outgoing) cutAfterHeaders(outgoing);
    else controller.error(new TypeError("The connection was cut."));
  }

  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const result = ahead ?? (await iterator.next());
          ahead = undefined;
          if (result.done) controller.close();
          else controller.enqueue(result.value);
        } catch (error) {
          fail(error, controller);
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
