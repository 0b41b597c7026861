import { headerNames, type RouteKind, eventStreamType } from "@miosa/protocol";

/** Request headers that reach the API. Everything else stays here: cookies, credentials, hop-by-hop, method overrides. */
const requestHeaders = ["accept", "content-type", headerNames.idempotencyKey, headerNames.lastEventId];

/** Response headers that reach the browser. */
const responseHeaders = ["content-type", "content-disposition", headerNames.retryAfter];

/** Headers of an upstream request: the listed ones of the browser's, and the platform's key. */
export function upstreamHeaders(request: Request, apiKey: string, requestId: string): Headers {
  const headers = pick(request.headers, requestHeaders);
  headers.set("authorization", `Bearer ${apiKey}`);
  // Compression would hold back small events, and its length would not be the body's.
  headers.set("accept-encoding", "identity");
  headers.set(headerNames.requestId, requestId);
  return headers;
}

/** Headers of an answer that was read upstream. */
export function browserHeaders(upstream: Headers, kind: RouteKind): Headers {
  const headers = pick(upstream, responseHeaders);
  if (kind === "sse") headers.set("x-accel-buffering", "no");
  if (kind === "bytes" && upstream.has("content-length") && !upstream.has("content-encoding")) {
    headers.set("content-length", upstream.get("content-length") ?? "");
  }
  return headers;
}

/** True when the upstream answer is of the kind that its route promises. */
export function isOfKind(upstream: Headers, kind: RouteKind): boolean {
  const type = upstream.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (kind === "sse") return type === eventStreamType;
  if (kind === "json") return type === undefined || type === "application/json";
  return true;
}

function pick(from: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}
