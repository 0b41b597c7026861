import type { MiddlewareHandler } from "hono";
import { isObject } from "../isObject.js";
import { HttpProblem } from "./httpProblem.js";
import type { LocalContext, LocalEnv } from "./localEnv.js";

/** Reads a request's body up to `limitBytes`, and refuses one that is not JSON by its content type. */
export function requestBody(limitBytes: number): MiddlewareHandler<LocalEnv> {
  return async (context, next) => {
    const bytes = await readBytes(context.req.raw, limitBytes);
    const type = context.req.header("content-type");
    const isJson = type !== undefined && /^application\/json\s*(;|$)/i.test(type);
    if (!isJson && (type !== undefined || bytes.byteLength > 0)) {
      throw new HttpProblem("UNSUPPORTED_MEDIA_TYPE", "Send the body as content-type: application/json.");
    }
    context.set("body", bytes);
    await next();
  };
}

/** The request's body as a JSON object; an empty body is an empty object. */
export function jsonObject(context: LocalContext): Readonly<Record<string, unknown>> {
  const bytes = context.get("body");
  if (bytes.byteLength === 0) return {};
  const value = parse(bytes);
  if (!isObject(value)) throw new HttpProblem("INVALID_JSON", "The body must be a JSON object.");
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new HttpProblem("INVALID_JSON", "The body is not valid JSON in UTF-8."); // the parser's own words quote the body
  }
}

async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const body: ReadableStream<Uint8Array> | null = request.body;
  if (!body) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(pieces);
      size += value.byteLength;
      if (size > limitBytes) throw tooLarge(limitBytes);
      pieces.push(value);
    }
  } finally {
    reader.releaseLock();
  }
}

function tooLarge(limitBytes: number): HttpProblem {
  return new HttpProblem("PAYLOAD_TOO_LARGE", `The body is larger than ${limitBytes} bytes.`, { headers: { connection: "close" } });
}
