import { buildPath, defaultBaseUrl, headerNames, type Route, type RouteKind } from "@miosa/protocol";
import { Denial, upstreamUnreachable } from "./denial.js";
import { readAll } from "./requestBody.js";
import { createDeadline, type Deadline } from "./timers.js";
import { readUpstreamError } from "./upstreamErrors.js";

/** One request to the API. */
export interface UpstreamRequest {
  route: Route;
  params: Readonly<Record<string, string>>;
  query?: URLSearchParams;
  /** Headers on top of the credential and those that follow from the route's kind. */
  headers?: Readonly<Record<string, string>>;
  body?: string | ReadableStream<Uint8Array> | undefined;
  requestId: string;
  signal: AbortSignal;
}

/** The API, reached with the platform's key. */
export interface Upstream {
  /** Resolves with a 2xx answer of the route's kind. Throws a {@link Denial} for anything else. */
  send(request: UpstreamRequest): Promise<Response>;
  /** Reads a JSON answer. Throws like `send`, also for an answer that is too long or not JSON. */
  readJson(request: Omit<UpstreamRequest, "signal">, sources?: readonly (AbortSignal | undefined)[]): Promise<JsonAnswer>;
  /** Where and with what a WebSocket of this route is opened. */
  target(request: Omit<UpstreamRequest, "signal" | "body">): { url: string; headers: Headers };
}

/** A JSON answer and its status. */
export interface JsonAnswer {
  status: number;
  body: unknown;
}

const longestJsonBytes = 32 * 2 ** 20;
const accepts: Record<RouteKind, string> = {
  json: "application/json",
  sse: "text/event-stream",
  bytes: "*/*",
  websocket: "*/*",
};

/** Makes the one door to the API. Throws a `TypeError` for a missing key or a base URL that is none. */
export function createUpstream(options: {
  apiKey: string | undefined;
  upstream?: string | undefined;
  fetch?: typeof fetch | undefined;
  timeoutMs: number;
}): Upstream {
  if (!options.apiKey?.trim()) throw new TypeError("The gateway needs an apiKey; on a server it is usually process.env.MIOSA_API_KEY.");
  const base = new URL(options.upstream ?? defaultBaseUrl);
  if (base.search || base.hash || base.username || base.password) throw new TypeError("upstream must be a plain base URL.");
  const baseUrl = base.href.replace(/\/+$/, "");

  function target({ route, params, query, headers, requestId }: Omit<UpstreamRequest, "signal" | "body">) {
    const search = query?.toString() ?? "";
    return {
      url: `${baseUrl}${buildPath(route.path, params)}${search && `?${search}`}`,
      headers: new Headers({
        ...headers,
        accept: accepts[route.kind],
        // Compression would hold back small events, and its length would not be the body's.
        "accept-encoding": "identity",
        authorization: `Bearer ${options.apiKey}`,
        [headerNames.requestId]: requestId,
      }),
    };
  }

  async function send(request: UpstreamRequest): Promise<Response> {
    const { url, headers } = target(request);
    const init: RequestInit & { duplex?: "half" } = {
      method: request.route.method,
      headers,
      redirect: "manual",
      // In the init, not in a Request: Node loses a signal inside a Request after a garbage collection.
      signal: request.signal,
      ...(request.body !== undefined && { body: request.body }),
      ...(request.body instanceof ReadableStream && { duplex: "half" }),
    };
    const response = await (options.fetch ?? fetch)(url, init).catch((cause: unknown) => {
      throw denialWithin(cause) ?? upstreamUnreachable(cause);
    });
    if (!response.ok) throw await readUpstreamError(response);
    if (isOfKind(response, request.route.kind)) return response;
    await response.body?.cancel();
    throw upstreamUnreachable(new Error("The API answered with another content type than the route's."));
  }

  return {
    target,
    send,
    async readJson(request, sources = []) {
      const deadline: Deadline = createDeadline(sources, options.timeoutMs);
      try {
        const response = await send({ ...request, signal: deadline.signal });
        const bytes = response.body ? await readAll(response.body, longestJsonBytes) : new Uint8Array();
        const body: unknown = bytes.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(bytes));
        return { status: response.status, body };
      } catch (error) {
        throw error instanceof Denial && error.status !== 413 ? error : upstreamUnreachable(error);
      } finally {
        deadline.done();
      }
    },
  };
}

/** An upload that grew too long fails inside fetch; the refusal is what the browser must see. */
function denialWithin(error: unknown): Denial | undefined {
  if (error instanceof Denial) return error;
  return error instanceof Error && error.cause instanceof Denial ? error.cause : undefined;
}

function isOfKind(response: Response, kind: RouteKind): boolean {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  switch (kind) {
    case "json":
      return type === undefined || type === "application/json";
    case "sse":
      return type === "text/event-stream";
    case "bytes":
      return true;
    case "websocket":
      return false;
  }
}
