import { eventStreamType, headerNames, type RouteName, type RouteParams } from "@miosa/protocol";
import { NetworkError, ProtocolError, TimeoutError } from "../errors.js";
import type { Query, Transport } from "../http/transport.js";
import { onAbort, raceSignal, startTimer, type Timer } from "../timers.js";
import { createSseParser, type SseMessage } from "./sseMessages.js";

/** How an event stream is opened. */
export interface EventStreamInit<Name extends string> {
  params: Readonly<Record<RouteParams<Name>, string>>;
  query?: Query | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Resumes after this event. */
  lastEventId?: string | undefined;
  /** No byte for this long, headers included, counts as a lost stream, in milliseconds. */
  idleTimeoutMs: number;
  /** No answer for this long counts as silence too, in milliseconds. @default as `idleTimeoutMs` */
  openTimeoutMs?: number | undefined;
  /** True for a stream that ends by itself: an event cut short by the end still counts. @default false */
  finite?: boolean | undefined;
  /** True where an event's name says it all, so that one without data counts. @default false */
  nameIsEnough?: boolean | undefined;
  /** Called for every chunk, comments included. */
  onActivity?: (() => void) | undefined;
  signal: AbortSignal;
}

/** An open event stream. Whoever opened it closes it. */
export interface EventStream {
  /**
   * The next message; undefined once the server ended the stream. Rejects with a NetworkError when the connection is lost,
   * a TimeoutError (`IDLE_TIMEOUT`) when it falls silent, and the signal's reason on abort.
   */
  next(): Promise<SseMessage | undefined>;
  /** Closes the connection. Safe to call twice. */
  close(): void;
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
}

/** Opens an event stream; resolves once the server answered 2xx with `text/event-stream`. */
export async function openEventStream<Name extends RouteName>(
  transport: Transport,
  route: Name,
  init: EventStreamInit<Name>,
): Promise<EventStream> {
  // One controller closes everything, from outside too, while a read is pending. https://github.com/whatwg/streams/issues/1103
  const controller = new AbortController();
  const { signal } = controller;
  let silentMs: number | undefined;
  let idleTimer: Timer = { stop: () => undefined };
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  function restartIdleTimer(timeoutMs = init.idleTimeoutMs): void {
    idleTimer.stop();
    idleTimer = startTimer(timeoutMs, () => {
      silentMs = timeoutMs;
      controller.abort();
    });
  }

  function close(): void {
    idleTimer.stop();
    stopListening();
    controller.abort();
    void reader?.cancel().catch(() => undefined); // a fetch that ignores its signal lets go here; the rest have already
  }

  /** What the caller sees when a fetch or read failed. */
  function failure(cause: unknown): unknown {
    if (init.signal.aborted) return init.signal.reason;
    return silentMs === undefined ? cause : new TimeoutError(`${route} was silent for ${silentMs} ms.`, { code: "IDLE_TIMEOUT" });
  }

  init.signal.throwIfAborted();
  const stopListening = onAbort(init.signal, () => controller.abort(init.signal.reason));
  restartIdleTimer(init.openTimeoutMs);
  let body: ReadableStreamDefaultReader<Uint8Array>;
  try {
    const response = await transport.open(route, {
      params: init.params,
      query: init.query,
      body: init.body,
      headers: { ...init.headers, ...(init.lastEventId && { [headerNames.lastEventId]: init.lastEventId }) },
      accept: eventStreamType,
      signal,
    });
    const contentType = response.headers.get("content-type") ?? "none";
    if (!response.body || contentType.split(";")[0]?.trim().toLowerCase() !== eventStreamType) {
      throw new ProtocolError(`${route} answered ${response.status} with content type ${contentType}, not an event stream.`, {
        code: "NOT_AN_EVENT_STREAM",
        status: response.status,
      });
    }
    body = response.body.getReader();
    reader = body;
    idleTimer.stop(); // silence is measured while somebody reads: a slow reader makes no stream silent
  } catch (cause) {
    const error = failure(cause);
    close();
    throw error;
  }

  const queue: SseMessage[] = [];
  const parser = createSseParser((message) => queue.push(message), undefined, init.nameIsEnough);
  let ended = false;

  return {
    async next() {
      try {
        while (queue.length === 0 && !ended) {
          restartIdleTimer();
          const { done, value } = await raceSignal(body.read(), signal);
          init.onActivity?.();
          if (done) {
            ended = true;
            if (init.finite) parser.flush();
          } else {
            parser.push(value);
          }
        }
        idleTimer.stop();
      } catch (cause) {
        const error = failure(cause);
        const lost = error === cause && !signal.aborted && !(cause instanceof ProtocolError);
        close();
        throw lost ? new NetworkError(`${route} was cut off.`, { code: "STREAM_LOST", cause }) : error;
      }
      const message = queue.shift();
      if (message === undefined) close();
      return message;
    },
    close,
    get lastEventId() {
      return parser.lastEventId || (init.lastEventId ?? "");
    },
    get retryMs() {
      return parser.retryMs;
    },
  };
}
