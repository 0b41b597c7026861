import { buildPath, defaultBaseUrl, headerNames, type Route, type RouteName, type RouteParams } from "@miosa/protocol";
import ky from "ky";
import type { MiosaClientOptions, RequestTrace } from "../clientOptions.js";
import { invalidArgument, isMiosaError, isRetryable, MiosaError, TimeoutError } from "../errors.js";
import type { CallOptions } from "../options.js";
import { createDeadline, monotonicNowMs, raceSignal } from "../timers.js";
import { requireNumber } from "../requireArguments.js";
import { createCredentials, isBrowser } from "./credentials.js";
import { errorFromResponse } from "./errorFromResponse.js";
import { identityOf } from "./identity.js";
import { type ErrorContext, onTheWire, parseJson, readErrorBody } from "./readBody.js";
import { type Query, requestUrl } from "./requestUrl.js";
import { retryDelayMs } from "./retryDelay.js";

export type { Query } from "./requestUrl.js";

/** What a call sends, beside its route. `Path` is the route's name or path. */
export interface CallInit<Path extends string> {
  params: Readonly<Record<RouteParams<Path>, string>>;
  query?: Query | undefined;
  /** JSON body. */
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** False for calls that must not run twice even when the method is safe to repeat, and for polls that pace themselves. @default true */
  retry?: boolean | undefined;
  /** `"bytes"` resolves to an `ArrayBuffer` of the body instead of its JSON. @default "json" */
  answer?: "json" | "bytes" | undefined;
  options?: CallOptions | undefined;
}

/** What a stream is opened with. */
export interface StreamInit<Path extends string> {
  params: Readonly<Record<RouteParams<Path>, string>>;
  query?: Query | undefined;
  /** JSON body. */
  body?: unknown;
  /** A body that is sent as it is; `headers` name its type. */
  rawBody?: BodyInit | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  accept?: string | undefined;
  /** Aborts the request, its headers and its body alike. */
  signal: AbortSignal;
}

/** A route by its name, or as it stands in protocol's table. */
export type AnyRoute<Path extends string> = (Path & RouteName) | (Pick<Route, "method"> & { readonly path: Path });

/** One way to the server: base URL, credential, errors and retries. Knows nothing of sandboxes. */
export interface Transport {
  /** A JSON call under one deadline. Resolves to the parsed body; undefined for an empty one. */
  call<Path extends string>(route: AnyRoute<Path>, init: CallInit<Path>): Promise<unknown>;
  /** Opens a body to stream. Resolves once the status is 2xx. The caller owns the deadline and the body. */
  open<Path extends string>(route: AnyRoute<Path>, init: StreamInit<Path>): Promise<Response>;
  /** Opens a WebSocket that offers `protocol`. Browsers let no header be set on one, so a credential rides in a second subprotocol. */
  connect<Path extends string>(
    route: AnyRoute<Path>,
    init: Pick<StreamInit<Path>, "params" | "query" | "signal"> & { protocol: string },
  ): Promise<WebSocket>;
  /** Names the server and credential; see `MiosaClient.identity`. */
  identity(key?: string): Promise<string | undefined>;
}

const defaultTimeoutMs = 30_000;

/** Makes the transport that all namespaces of one client share. Throws `INVALID_ARGUMENT` for options that cannot work. */
export function createTransport(options: MiosaClientOptions = {}): Transport {
  const { retries = 2, timeoutMs: usualTimeoutMs = defaultTimeoutMs, onRequest, onResponse, onError } = options;
  requireNumber("retries", retries, 0, 100);
  requireNumber("timeoutMs", usualTimeoutMs, 0);
  const baseUrl = (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, "");
  const credentials = createCredentials(options);
  // Chromium's cache keeps the connection of a stream that was aborted, and sends the next request for it twice. Elsewhere
  // there is no cache, and some runtimes refuse the member.
  const cacheInit: RequestInit = isBrowser() ? { cache: "no-store" } : {};

  /** Sends one request. Resolves to a 2xx answer with what `read` makes of it; rejects with a typed error for any other. */
  async function send(
    context: ErrorContext,
    trace: RequestTrace,
    input: RequestInfo | URL,
    init: RequestInit & { signal: AbortSignal },
    headers: Headers,
    read?: (response: Response) => Promise<unknown>,
  ): Promise<Response> {
    const startedAtMs = monotonicNowMs();
    const outcome = (): RequestTrace & { durationMs: number } => ({ ...trace, durationMs: monotonicNowMs() - startedAtMs });
    try {
      for (const [name, value] of Object.entries(onRequest?.(trace) ?? {})) headers.set(name, value);
      const { signal } = init;
      const response = await onTheWire(context, async () => (options.fetch ?? globalThis.fetch)(input, { ...init, ...cacheInit }), signal);
      if (!response.ok) {
        throw errorFromResponse(context, response.status, response.headers, await readErrorBody(response, signal));
      }
      if (read) await onTheWire(context, () => read(response), signal);
      onResponse?.({ ...outcome(), status: response.status, requestId: response.headers.get(headerNames.requestId) ?? undefined });
      return response;
    } catch (error) {
      onError?.({ ...outcome(), error });
      throw error;
    }
  }

  async function authorization(signal: AbortSignal): Promise<string | undefined> {
    const value = credentials.authorization();
    return value instanceof Promise ? raceSignal(value, signal) : value;
  }

  async function headersFor(extra: Readonly<Record<string, string>> | undefined, accept: string, signal: AbortSignal): Promise<Headers> {
    const headers = new Headers(options.headers);
    headers.set("accept", accept);
    for (const [name, value] of Object.entries(extra ?? {})) headers.set(name, value);
    const value = await authorization(signal);
    if (value !== undefined) headers.set(headerNames.authorization, value);
    return headers;
  }

  /** What every kind of request begins with. */
  function prepare(route: string | { method: string; path: string }, params: Readonly<Record<string, string>>, query: Query | undefined) {
    const request = typeof route === "string" ? route : `${route.method} ${route.path}`;
    const space = request.indexOf(" ");
    const method = request.slice(0, space);
    const path = pathOf(request.slice(space + 1), params);
    return { context: { request, sandboxId: params["id"] }, method, path, url: requestUrl(baseUrl, path, query) };
  }

  return {
    identity: (key) => identityOf(baseUrl, credentials.fixed, key),

    async call(route, init) {
      const { signal: callerSignal, timeoutMs = usualTimeoutMs } = init.options ?? {};
      callerSignal?.throwIfAborted();
      requireNumber("timeoutMs", timeoutMs, 0);
      const { context, method, path, url } = prepare(route, init.params, init.query);
      const repeatable = init.retry !== false && (!/^P[OA]/.test(method) || init.idempotencyKey !== undefined);
      const deadline = createDeadline(timeoutMs, callerSignal);
      const { signal } = deadline;
      let body: ArrayBuffer | string = "";
      let tries = 0;
      let refreshed = false;
      let nextDelayMs = 0;

      try {
        const headers = await headersFor(init.options?.headers, "application/json", signal);
        if (init.idempotencyKey !== undefined) headers.set(headerNames.idempotencyKey, init.idempotencyKey);
        if (init.answer) headers.set("accept", "*/*");
        await deadline.race(
          ky(url, {
            method,
            headers,
            ...(init.body !== undefined && { json: init.body }),
            signal,
            timeout: false,
            // One try, with its body: so one that is cut off half-way can be tried again, and ky sees only typed errors.
            fetch: (input, fetchInit) => {
              tries += 1;
              const sent = input instanceof Request ? input.headers : headers;
              const trace = { route: context.request, method, path, attempt: tries };
              // The signal must ride in the init: one inside a Request is lost on Node after a garbage collection.
              return send(context, trace, input, { ...fetchInit, signal }, sent, async (response) => {
                body = init.answer ? await response.arrayBuffer() : await response.text();
              });
            },
            retry: {
              limit: retries + 1,
              methods: ["get", "put", "post", "patch", "delete"],
              delay: () => nextDelayMs,
              shouldRetry({ error, retryCount }) {
                if (!isMiosaError(error)) return false;
                if (error.status === 401 && !refreshed) {
                  refreshed = true;
                  nextDelayMs = 0;
                  return credentials.refresh(headers.get(headerNames.authorization) ?? undefined);
                }
                const triesUsed = retryCount - (refreshed ? 1 : 0);
                nextDelayMs = retryDelayMs(triesUsed, error.retryAfterMs, Math.random());
                return repeatable && triesUsed <= retries && isRetryable(error);
              },
            },
            hooks: {
              beforeRetry: [
                async ({ request: next }) => {
                  const value = await credentials.authorization();
                  if (value === undefined) return;
                  headers.set(headerNames.authorization, value);
                  next.headers.set(headerNames.authorization, value);
                },
              ],
            },
          }),
        );
        return typeof body === "string" ? parseJson(context, body) : body;
      } catch (error) {
        if (deadline.expired) {
          const message = `${context.request} did not finish within ${timeoutMs} ms.`;
          throw new TimeoutError(message, { code: "TIMEOUT", sandboxId: context.sandboxId });
        }
        if (signal.aborted) throw signal.reason;
        throw typedError(error, context);
      } finally {
        deadline.dispose();
      }
    },

    async open(route, init) {
      const { signal } = init;
      signal.throwIfAborted();
      const { context, method, path, url } = prepare(route, init.params, init.query);
      for (let attempt = 1; ; attempt++) {
        const headers = await headersFor(init.headers, init.accept ?? "*/*", signal);
        if (init.body !== undefined) headers.set("content-type", "application/json");
        const body = init.rawBody ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
        const isStream = body instanceof ReadableStream;
        const sent = { method, headers, signal, ...(body !== undefined && { body }), ...(isStream && { duplex: "half" }) };
        try {
          return await send(context, { route: context.request, method, path, attempt }, url, sent, headers);
        } catch (error) {
          if (signal.aborted) throw error;
          const mayRefresh = isMiosaError(error) && error.status === 401 && attempt === 1 && !isStream;
          if (!mayRefresh || !credentials.refresh(headers.get(headerNames.authorization) ?? undefined)) throw typedError(error, context);
        }
      }
    },

    async connect(route, init) {
      const WebSocket = options.webSocket ?? globalThis.WebSocket;
      if (!WebSocket) {
        throw invalidArgument("This runtime has no WebSocket. Give one as the client's webSocket option, such as that of the ws package.");
      }
      const { url } = prepare(route, init.params, init.query);
      const value = await authorization(init.signal);
      const protocols = value === undefined ? [] : [value.replace("Bearer ", "bearer.")];
      return new WebSocket(url.replace(/^http/, "ws"), [init.protocol, ...protocols]);
    },
  };
}

function pathOf(pattern: string, params: Readonly<Record<string, string>>): string {
  try {
    return buildPath(pattern, params);
  } catch (cause) {
    // A lone surrogate cannot be encoded, and some names cannot stand in a path.
    throw invalidArgument(cause instanceof RangeError ? cause.message : "An id or name holds half a character.");
  }
}

/** An error of ours as it is; anything else came from arguments that fetch refused, such as a header with a line break. */
function typedError(cause: unknown, { request, sandboxId }: ErrorContext): MiosaError {
  return isMiosaError(cause)
    ? cause
    : new MiosaError(`${request} could not be sent.`, { code: "INVALID_ARGUMENT", sandboxId, cause });
}
