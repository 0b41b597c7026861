import type { Route } from "@miosa/protocol";
import { Denial } from "./denial.js";
import type { GatewayLimits } from "./limits.js";
import { parseStrictJson } from "./strictJson.js";
import { within } from "./timers.js";
import { isRecord } from "./wire.js";

/** A request's body: a JSON object, a stream of bytes that passes through, or nothing. */
export type RequestBody =
  | { readonly kind: "none" }
  | { readonly kind: "json"; readonly value: Record<string, unknown> }
  | { readonly kind: "stream"; readonly stream: ReadableStream<Uint8Array>; readonly contentType: string };

/**
 * Reads a request's body as far as the gateway must see it. Throws a 413, 415 or 400 for what is too long, of another type
 * than the route takes, or not a JSON object.
 */
export async function readRequestBody(request: Request, route: Route, limits: Required<GatewayLimits>): Promise<RequestBody> {
  if (request.body === null) return { kind: "none" };
  const contentType = request.headers.get("content-type") ?? "";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase();
  if (request.headers.has("content-encoding")) throw unsupported();
  if (/^application\/json(\s*;\s*charset="?utf-8"?)?$/i.test(contentType.trim())) {
    const maxBytes = route.permission === "files" ? limits.fileJsonBytes : limits.jsonBytes;
    const bytes = await within(readAll(request.body, maxBytes), limits.bodyTimeoutMs).catch((error: unknown) => {
      throw error instanceof Denial ? error : new Denial(408, "REQUEST_TIMEOUT", "The request body did not arrive.", { cause: error });
    });
    if (bytes.length === 0) return { kind: "none" };
    const value = parseStrictJson(bytes);
    if (!isRecord(value)) throw new Denial(400, "INVALID_JSON", "The request body must be a JSON object.");
    return { kind: "json", value };
  }
  const isFileBody = mediaType === "multipart/form-data" || mediaType === "application/octet-stream";
  if (route.permission === "files" && isFileBody) {
    return { kind: "stream", stream: capped(request.body, limits.uploadBytes), contentType };
  }
  if (await isEmpty(request.body)) return { kind: "none" };
  throw unsupported();
}

async function isEmpty(body: ReadableStream<Uint8Array>): Promise<boolean> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    if (value.length === 0) continue;
    void reader.cancel().catch(() => {}); // refused either way
    return false;
  }
}

/** Reads a body to its end. Throws a 413 once it is longer than `maxBytes`. */
export async function readAll(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    void reader.cancel(error).catch(() => {}); // the body is given up either way
    throw error;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function capped(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  let length = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        length += chunk.length;
        if (length > maxBytes) controller.error(tooLarge());
        else controller.enqueue(chunk);
      },
    }),
  );
}

function tooLarge(): Denial {
  return new Denial(413, "PAYLOAD_TOO_LARGE", "The request body is too long.");
}

function unsupported(): Denial {
  return new Denial(415, "UNSUPPORTED_MEDIA_TYPE", "Send the request body as application/json.");
}
