import { buildPath, defaultBaseUrl, headerNames, type Route, type RouteParams } from "@miosa/protocol";
import ky from "ky";
import type { MiosaClientOptions } from "../clientOptions.js";
import { invalidArgument, isMiosaError, isRetryable, MiosaError, NetworkError, ProtocolError, TimeoutError } from "../errors.js";
import type { CallOptions } from "../options.js";
import { createDeadline, raceSignal } from "../timers.js";
import { createCredentials } from "./credentials.js";
import { errorFromResponse } from "./errorFromResponse.js";
import { identityOf } from "./identity.js";
import { retryDelayMs } from "./retryDelay.js";

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What a call sends, beside its route. */
export interface CallInit<Path extends string> {
  params: Readonly<Record<RouteParams<Path>, string>>;
  query?: Query | undefined;
  /** JSON body. */
  body?: unknown;
  idempotencyKey?: string | undefined;
  /** False for calls that must not run twice even when the method is safe to repeat, and for polls that pace themselves. @default true */
  retry?: boolean | undefined;
  options?: CallOptions | undefined;
}

/** What a stream is opened with. */
export interface StreamInit<Path extends string> {
  params: Readonly<Record<RouteParams<Path>, string>>;
  query?: Query | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
  accept?: string | undefined;
  /** Aborts the request, its headers and its body alike. */
  signal: AbortSignal;
}

/** One way to the server: base URL, credential, errors and retries. Knows nothing of sandboxes. */
export interface Transport {
  /** A JSON call under one deadline. Resolves to the parsed body; undefined for an empty one. */
  call<Path extends string>(route: Route & { path: Path }, init: CallInit<Path>): Promise<unknown>;
  /** Opens a body to stream. Resolves once the status is 2xx. The caller owns the deadline and the body. */
  open<Path extends string>(route: Route & { path: Path }, init: StreamInit<Path>): Promise<Response>;
  /** Names the server and credential; see `MiosaClient.identity`. */
  identity(key?: string): Promise<string | undefined>;
}

const defaultTimeoutMs = 30_000;
const repeatableMethods: ReadonlySet<string> = new Set(["GET", "PUT", "DELETE"]);

/** Makes the transport that all namespaces of one client share. */
export function createTransport(options: MiosaClientOptions = {}): Transport {
  const baseUrl = (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, "");
  const retries = options.retries ?? 2;
  const credentials = createCredentials(options);

  /** Sends one request. Resolves to a 2xx answer whose body is still to be read; rejects with a typed error for any other. */
  async function send(request: string, input: RequestInfo | URL, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const response = await reading(request, (options.fetch ?? globalThis.fetch)(input, init), init.signal);
    if (response.ok) return response;
    throw errorFromResponse(request, response.status, response.headers, await readErrorBody(response, init.signal));
  }

  async function headersFor(extra: Readonly<Record<string, string>> | undefined, accept: string, signal: AbortSignal): Promise<Headers> {
    const headers = new Headers(options.headers);
    headers.set("accept", accept);
    for (const [name, value] of Object.entries(extra ?? {})) headers.set(name, value);
    const authorization = credentials.authorization();
    const value = authorization instanceof Promise ? await raceSignal(authorization, signal) : authorization;
    if (value !== undefined) headers.set(headerNames.authorization, value);
    return headers;
  }

  return {
    identity: (key) => identityOf(baseUrl, credentials.fixed, key),

    async call(route, init) {
      const { signal: callerSignal, timeoutMs = options.timeoutMs ?? defaultTimeoutMs } = init.options ?? {};
      callerSignal?.throwIfAborted();
      const request = `${route.method} ${route.path}`;
      const url = urlFor(baseUrl, buildPath(route.path, init.params), init.query);
      const repeatable = init.retry !== false && (repeatableMethods.has(route.method) || init.idempotencyKey !== undefined);
      const deadline = createDeadline(timeoutMs, callerSignal);
      const { signal } = deadline;
      let text = "";
      let refreshed = false;
      let nextDelayMs = 0;

      /** One attempt, with its body: so one that is cut off half-way can be tried again, and ky sees only typed errors. */
      async function attempt(input: RequestInfo | URL, fetchInit?: RequestInit): Promise<Response> {
        // The signal must ride in the init: one inside a Request is lost on Node after a garbage collection.
        const response = await send(request, input, { ...fetchInit, signal });
        text = await reading(request, response.text(), signal);
        return response;
      }

      try {
        const headers = await headersFor(init.options?.headers, "application/json", signal);
        if (init.idempotencyKey !== undefined) headers.set(headerNames.idempotencyKey, init.idempotencyKey);
        await deadline.race(
          ky(url, {
            method: route.method,
            headers,
            ...(init.body !== undefined && { json: init.body }),
            signal,
            timeout: false,
            fetch: attempt,
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
                  const authorization = await credentials.authorization();
                  if (authorization === undefined) return;
                  headers.set(headerNames.authorization, authorization);
                  next.headers.set(headerNames.authorization, authorization);
                },
              ],
            },
          }),
        );
        return parseJson(request, text);
      } catch (error) {
        throw callError(error, { request, timeoutMs, expired: deadline.expired, signal });
      } finally {
        deadline.dispose();
      }
    },

    async open(route, init) {
      const request = `${route.method} ${route.path}`;
      const url = urlFor(baseUrl, buildPath(route.path, init.params), init.query);
      const { signal } = init;
      signal.throwIfAborted();
      for (let refreshed = false; ; refreshed = true) {
        const headers = await headersFor(init.headers, init.accept ?? "*/*", signal);
        if (init.body !== undefined) headers.set("content-type", "application/json");
        const body = init.body === undefined ? undefined : JSON.stringify(init.body);
        try {
          return await send(request, url, { method: route.method, headers, signal, ...(body !== undefined && { body }) });
        } catch (error) {
          const mayRefresh = isMiosaError(error) && error.status === 401 && !refreshed;
          if (!mayRefresh || !credentials.refresh(headers.get(headerNames.authorization) ?? undefined)) throw error;
        }
      }
    },
  };
}

function urlFor(baseUrl: string, path: string, query: Query = {}): string {
  const base: unknown = Reflect.get(globalThis, "location");
  const page = typeof base === "object" && base !== null && "href" in base ? String(base.href) : undefined;
  let url: URL;
  try {
    url = new URL(baseUrl + path, page);
  } catch (cause) {
    throw new MiosaError(`baseUrl must be an absolute http(s) URL outside a page; it is "${baseUrl}".`, {
      code: "INVALID_ARGUMENT",
      cause,
    });
  }
  if (!/^https?:$/.test(url.protocol)) throw invalidArgument(`baseUrl must be an http(s) URL; its scheme is "${url.protocol}".`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}

function parseJson(request: string, text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const looks = /^\s*</.test(text) ? "It looks like an HTML page: check baseUrl." : "It may have been cut off.";
    throw new ProtocolError(`${request} did not answer with JSON. ${looks}`, { code: "INVALID_RESPONSE", cause });
  }
}

/** The error a caller sees: its own abort reason untouched, our deadline as a TimeoutError, everything else typed. */
function callError(
  error: unknown,
  context: { request: string; timeoutMs: number; expired: boolean; signal: AbortSignal },
): unknown {
  const { request, timeoutMs, expired, signal } = context;
  if (expired) return new TimeoutError(`${request} did not finish within ${timeoutMs} ms.`, { code: "TIMEOUT" });
  if (signal.aborted) return signal.reason;
  if (isMiosaError(error)) return error;
  return new MiosaError(`${request} could not be sent.`, { code: "INVALID_ARGUMENT", cause: error });
}

/** Waits for work on the wire. Whatever it fails with, other than an abort, is a lost connection: runtimes word that in many ways. */
async function reading<T>(request: string, work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await raceSignal(work, signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new NetworkError(`${request} got no answer: the server is unreachable or the connection was lost.`, {
      code: "NETWORK_ERROR",
      cause,
    });
  }
}

const longestErrorBodyBytes = 65_536;

/** Reads an error body for its message, up to a bound, and always lets go of the connection. */
async function readErrorBody(response: Response, signal: AbortSignal): Promise<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length < longestErrorBodyBytes) {
      const { done, value } = await raceSignal(reader.read(), signal);
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    void reader.cancel().catch(() => undefined); // the connection is closed either way
  }
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: the text itself is the message
  }
}
