import { buildPath, defaultBaseUrl, headerNames, type RouteName, type RouteParams } from "@miosa/protocol";
import type { MiosaClientOptions, RequestTrace } from "../clientOptions.js";
import { invalidArgument, isMiosaError, isRetryable, MiosaError, TimeoutError } from "../errors.js";
import type { CallOptions } from "../options.js";
import { createDeadline, monotonicNowMs, raceSignal, sleep } from "../timers.js";
import { requireNumber } from "../requireArguments.js";
import { createCredentials, isBrowser } from "./credentials.js";
import { errorFromResponse } from "./errorFromResponse.js";
import { type ErrorContext, onTheWire, parseJson, readErrorBody } from "./readBody.js";
import { repeatedly, type Tries } from "./repeatedly.js";
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

/** What a request carries besides its address. */
type Content = Pick<StreamInit<string>, "headers" | "body" | "rawBody"> & Pick<CallInit<string>, "idempotencyKey">;

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
    const { signal } = init;
    let response: Response;
    try {
      for (const [name, value] of Object.entries(onRequest?.(trace) ?? {})) init.headers.set(name, value);
      response = await onTheWire(context, async () => (options.fetch ?? globalThis.fetch)(url, { ...init, ...cacheInit }), signal);
      if (!response.ok) {
        throw errorFromResponse(context, response.status, response.headers, await readErrorBody(response, init.headers.get(headerNames.authorization), signal));
      }
      if (read) await onTheWire(context, () => read(response), signal);
    } catch (cause) {
      const error = typedError(cause, context, signal);
      onError?.(Object.assign(outcome(), { error }));
      throw error;
    }
    // Out here, so that its own error is told as it is: the try was none that failed.
    onResponse?.(Object.assign(outcome(), { status: response.status, requestId: response.headers.get(headerNames.requestId) ?? undefined }));
    return response;
  }

  async function authorization(signal: AbortSignal): Promise<string | undefined> {
    const value = credentials.authorization();
    return value instanceof Promise ? raceSignal(value, signal) : value;
  }

  /** Puts the credential of the moment among the headers. */
  async function authorize(headers: Headers, signal: AbortSignal): Promise<void> {
    const value = await authorization(signal);
    if (value !== undefined) headers.set(headerNames.authorization, value);
  }

  /** Headers and body of a request. Throws `INVALID_ARGUMENT` for what no request can carry. */
  async function contentOf(context: ErrorContext, accept: string, signal: AbortSignal, content: Content): Promise<{ headers: Headers; body?: BodyInit }> {
    try {
      const headers = new Headers(options.headers);
      headers.set("accept", accept);
      new Headers(content.headers).forEach((value, name) => headers.set(name, value));
      if (content.idempotencyKey) headers.set(headerNames.idempotencyKey, content.idempotencyKey);
      await authorize(headers, signal);
      const { body, rawBody } = content;
      if (body === undefined) return rawBody === undefined ? { headers } : { headers, body: rawBody };
      headers.set("content-type", "application/json");
      return { headers, body: JSON.stringify(body) };
    } catch (cause) {
      throw typedError(cause, context, signal);
    }
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
      let mayBeDone = false;
      let nextDelayMs = 0;

      try {
        const content = await contentOf(context, init.answer ? "*/*" : "application/json", signal, { ...init, headers: init.options?.headers });

        const course: Tries = {
          /** With its body, so that one which is cut off half-way can be tried again. */
          attempt() {
            tries += 1;
            const trace = { route: context.request, method, path, attempt: tries };
            return send(context, trace, url, { method, signal, ...content }, async (response) => {
              answer = init.answer ? await response.arrayBuffer() : await response.text();
              answered = response;
            });
          },
          mayRepeat(error) {
            if (answered || !isMiosaError(error) || signal.aborted) return false;
            if (error.status === 401 && !refreshed) {
              refreshed = true;
              nextDelayMs = 0;
              return credentials.refresh(content.headers.get(headerNames.authorization));
            }
            const used = tries - (refreshed ? 1 : 0);
            nextDelayMs = retryDelayMs(used, error.retryAfterMs, Math.random());
            // A wait past the deadline would only turn the server's reason into a timeout.
            const repeats = repeatable && used <= retries && isRetryable(error) && nextDelayMs < deadline.remainingMs();
            mayBeDone ||= repeats && error.status !== 429;
            return repeats;
          },
          async prepareNext() {
            await sleep(nextDelayMs, signal);
            await authorize(content.headers, signal);
          },
        };

        await deadline.race(repeatedly(url, method, retries + 1, course));
        return typeof answer === "string" ? parseJson(context, answer, answered) : answer;
      } catch (error) {
        if (deadline.expired) {
          const message = `${context.request} did not finish within ${timeoutMs} ms.`;
          throw new TimeoutError(message, { code: "TIMEOUT", sandboxId: context.sandboxId });
        }
        if (signal.aborted) throw signal.reason;
        // An earlier try was carried out, and only its answer was lost.
        if (mayBeDone && method === "DELETE" && isMiosaError(error) && error.status === 404) return undefined;
        throw error;
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
        const content = await contentOf(context, init.accept ?? "*/*", signal, init);
        try {
          const sent = { method, signal, ...content, ...(isStream && { duplex: "half" }) };
          return await send(context, { route: context.request, method, path, attempt }, url, sent);
        } catch (error) {
          const mayRefresh = !signal.aborted && isMiosaError(error) && error.status === 401 && attempt === 1 && !isStream;
          if (!mayRefresh || !credentials.refresh(content.headers.get(headerNames.authorization))) throw error;
        }
      }
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

/** An error of ours, or an abort, as it is; anything else came from what fetch refused to send, such as a header with a line break. */
function typedError(cause: unknown, { request, sandboxId }: ErrorContext, signal: AbortSignal): unknown {
  return signal.aborted || isMiosaError(cause)
    ? cause
    : new MiosaError(`${request} could not be sent.`, { code: "INVALID_ARGUMENT", sandboxId, cause });
}
