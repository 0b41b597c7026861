import { upstreamUnreachable } from "./denial.js";

/** One request to the API. */
export interface UpstreamRequest {
  url: string;
  method: string;
  headers: Headers;
  body?: ReadableStream<Uint8Array> | string | undefined;
  signal: AbortSignal;
}

/** Sends a request upstream without following redirects. The signal rides in fetch's init, where Node keeps it. */
export async function forward(fetcher: typeof fetch, request: UpstreamRequest): Promise<Response> {
  const init: RequestInit & { duplex?: "half" } = {
    method: request.method,
    headers: request.headers,
    redirect: "manual",
    signal: request.signal,
    ...(request.body !== undefined && { body: request.body }),
    ...(request.body instanceof ReadableStream && { duplex: "half" }),
  };
  try {
    return await fetcher(request.url, init);
  } catch (error) {
    throw upstreamUnreachable(error);
  }
}

/**
 * A body that is read from upstream only as fast as the browser takes it. `onClose` is called once, when it has
 * ended, failed, or the browser has gone; on the last, upstream is cancelled.
 */
export function relayBody(upstream: ReadableStream<Uint8Array>, onClose: () => void): ReadableStream<Uint8Array> {
  const reader = upstream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
          onClose();
        } catch (error) {
          controller.error(error);
          onClose();
        }
      },
      async cancel(reason) {
        onClose();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
