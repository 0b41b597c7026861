import { buildPath, defaultBaseUrl, headerNames, type RouteName, type RouteParams } from "@miosa/protocol";
import type { MiosaClientOptions, RequestTrace } from "../clientOptions.js";
import { invalidArgument, isMiosaError, isRetryable, MiosaError, TimeoutError } from "../errors.js";
import type { CallOptions } from "../options.js";
import { createDeadline, monotonicNowMs, raceSignal, sleep } from "../timers.js";
import { requireNumber } from "../requireArguments.js";
import { createCredentials, isBrowser } from "./credentials.js";
import { errorFromResponse } from "./errorFromResponse.js";
import { type ErrorContext, onTheWire, parseJson, readErrorBody } from "./readBody.js";
import { repeatedly } from "./repeatedly.js";
import { type Query, requestUrl } from "./requestUrl.js";
import { retryDelayMs } from "./retryDelay.js";

export type { Query } from "./requestUrl.js";

/** What a call sends, beside its route. `Name` is the route's name. */
export interface CallInit<Name extends string> {
  params: Readonly<Record<RouteParams<Name>, string>>;
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
export interface StreamInit<Name extends string> {
  params: Readonly<Record<RouteParams<Name>, string>>;
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

/** One way to the server: base URL, credential, errors and retries. Knows nothing of sandboxes. */
export interface Transport {
  /** A JSON call under one deadline. Resolves to the parsed body; undefined for an empty one. */
  call<Name extends RouteName>(route: Name, init: CallInit<Name>): Promise<unknown>;
  /** Opens a body to stream. Resolves once the status is 2xx. The caller owns the deadline and the body. */
  open<Name extends RouteName>(route: Name, init: StreamInit<Name>): Promise<Response>;
  /** The URL of a route, for what does not go through `fetch`. */
  address<Name extends RouteName>(route: Name, init: Pick<StreamInit<Name>, "params" | "query">): string;
  /** The `Authorization` value for the next request; undefined where a gateway adds it. */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** The client's `webSocket` option, else the runtime's own; undefined where there is none. */
  readonly webSocket: typeof globalThis.WebSocket | undefined;
  readonly baseUrl: string;
  /** Deadline of a call that names none, in milliseconds. */
  readonly timeoutMs: number;
  /** The credential, where it never changes. */
  fixedCredential(): string | undefined;
}

const defaultTimeoutMs = 30_000;

/** Makes the transport that all namespaces of one client share. Throws `INVALID_ARGUMENT` for options that cannot work. */
export function createTransport(options: MiosaClientOptions = {}): Transport {
  const { retries = 2, timeoutMs: usualTimeoutMs = defaultTimeoutMs, onRequest, onResponse, onError } = options;
  requireNumber("retries", retries, 0, 100);
  requireNumber("timeoutMs", usualTimeoutMs, 0);
  const baseUrl = String(options.baseUrl ?? defaultBaseUrl);
  const credentials = createCredentials(options);
  // Chromium's cache keeps the connection of a stream that was aborted, and sends the next request for it twice. Elsewhere
  // there is no cache, and some runtimes refuse the member.
  const cacheInit: RequestInit = isBrowser() ? { cache: "no-store" } : {};

  /** Sends one request. Resolves to a 2xx answer with what `read` makes of it; rejects with a typed error for any other. */
  async function send(
    context: ErrorContext,
    trace: RequestTrace,
    url: string,
    init: RequestInit & { signal: AbortSignal; headers: Headers },
    read?: (response: Response) => Promise<unknown>,
  ): Promise<Response> {
    const startedAtMs = monotonicNowMs();
    // Hooks get one object through the life of a try, so that it can be a key to what they keep.
    const outcome = (): RequestTrace & { durationMs: number } => Object.assign(trace, { durationMs: monotonicNowMs() - startedAtMs });
    try {
      for (const [name, value] of Object.entries(onRequest?.(trace) ?? {})) init.headers.set(name, value);
      const { signal } = init;
      const response = await onTheWire(context, async () => (options.fetch ?? globalThis.fetch)(url, { ...init, ...cacheInit }), signal);
      if (!response.ok) {
        throw errorFromResponse(context, response.status, response.headers, await readErrorBody(response, init.headers.get(headerNames.authorization), signal));
      }
      if (read) await onTheWire(context, () => read(response), signal);
      onResponse?.(Object.assign(outcome(), { status: response.status, requestId: response.headers.get(headerNames.requestId) ?? undefined }));
      return response;
    } catch (error) {
      onError?.(Object.assign(outcome(), { error }));
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
    new Headers(extra).forEach((value, name) => headers.set(name, value));
    const value = await authorization(signal);
    if (value !== undefined) headers.set(headerNames.authorization, value);
    return headers;
  }

  /** What every kind of request begins with. */
  function prepare(request: RouteName, params: Readonly<Record<string, string>>, query: Query | undefined) {
    const space = request.indexOf(" ");
    const method = request.slice(0, space);
    const path = pathOf(request.slice(space + 1), params);
    return { context: { request, sandboxId: params["id"] }, method, path, url: requestUrl(baseUrl, path, query) };
  }

  return {
    baseUrl,
    timeoutMs: usualTimeoutMs,
    fixedCredential: () => credentials.fixed,
    address: (route, { params, query }) => prepare(route, params, query).url,
    authorization,
    webSocket: options.webSocket ?? globalThis.WebSocket,

    async call(route, init) {
      const { signal: callerSignal, timeoutMs = usualTimeoutMs } = init.options ?? {};
      callerSignal?.throwIfAborted();
      requireNumber("timeoutMs", timeoutMs, 0);
      const { context, method, path, url } = prepare(route, init.params, init.query);
      const repeatable = init.retry !== false && (!/^P[OA]/.test(method) || !!init.idempotencyKey);
      const deadline = createDeadline(timeoutMs, callerSignal);
      const { signal } = deadline;
      let answer: ArrayBuffer | string = "";
      let answered: Response | undefined;
      let tries = 0;
      let refreshed = false;
      let nextDelayMs = 0;

      try {
        const headers = await headersFor(init.options?.headers, init.answer ? "*/*" : "application/json", signal);
        if (init.idempotencyKey) headers.set(headerNames.idempotencyKey, init.idempotencyKey);
        const body = bodyOf(init.body, headers);

        /** One try, with its body: so one that is cut off half-way can be tried again. */
        const attempt = (): Promise<Response> => {
          tries += 1;
          const trace = { route: context.request, method, path, attempt: tries };
          return send(context, trace, url, { method, headers, signal, ...body }, async (response) => {
            answered = response;
            answer = init.answer ? await response.arrayBuffer() : await response.text();
          });
        };

        /** Whether to try again after an error, and when. */
        const mayRepeat = (error: unknown): boolean => {
          if (!isMiosaError(error) || signal.aborted) return false;
          if (error.status === 401 && !refreshed) {
            refreshed = true;
            nextDelayMs = 0;
            return credentials.refresh(headers.get(headerNames.authorization));
          }
          const used = tries - (refreshed ? 1 : 0);
          nextDelayMs = retryDelayMs(used, error.retryAfterMs, Math.random());
          // A wait past the deadline would only turn the server's reason into a timeout.
          return repeatable && used <= retries && isRetryable(error) && nextDelayMs < deadline.remainingMs();
        };

        const prepareNext = async (): Promise<void> => {
          await sleep(nextDelayMs, signal);
          const value = await authorization(signal);
          if (value !== undefined) headers.set(headerNames.authorization, value);
        };

        await deadline.race(repeatedly(url, method, retries + 1, { attempt, mayRepeat, prepareNext }));
        return typeof answer === "string" ? parseJson(context, answer, answered) : answer;
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
        const isStream = init.rawBody instanceof ReadableStream;
        let headers = new Headers();
        try {
          headers = await headersFor(init.headers, init.accept ?? "*/*", signal);
          const body = bodyOf(init.body, headers, init.rawBody);
          const sent = { method, headers, signal, ...body, ...(isStream && { duplex: "half" }) };
          return await send(context, { route: context.request, method, path, attempt }, url, sent);
        } catch (error) {
          if (signal.aborted) throw error;
          const mayRefresh = isMiosaError(error) && error.status === 401 && attempt === 1 && !isStream;
          if (!mayRefresh || !credentials.refresh(headers.get(headerNames.authorization))) throw typedError(error, context);
        }
      }
    },
  };
}

/** The body member of a request, if it has one; JSON names its type. */
function bodyOf(json: unknown, headers: Headers, raw?: BodyInit): { body?: BodyInit } {
  if (raw !== undefined || json === undefined) return raw === undefined ? {} : { body: raw };
  headers.set("content-type", "application/json");
  return { body: JSON.stringify(json) };
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
