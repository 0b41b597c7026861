import type { RouteName, RouteParams } from "@miosa/protocol";
import { closeableGenerator } from "../closeableGenerator.js";
import { isApiError, isMiosaError, isRetryable, isTimeoutError, NetworkError, type MiosaError } from "../errors.js";
import { asString } from "../guards.js";
import { backoffMs, longestRetryAfterMs } from "../http/retryDelay.js";
import type { Query, Transport } from "../http/transport.js";
import { openEventStream, type EventStream } from "../sse/openEventStream.js";
import { objectOfMessage } from "../sse/objectOfMessage.js";
import type { SseMessage } from "../sse/sseMessages.js";
import { monotonicNowMs, onAbort } from "../timers.js";
import { createWakeUps, pauseUnlessWoken } from "../wakeUps.js";
import { requireNumber, requireString } from "../requireArguments.js";
import { camelize } from "../wire.js";
import type { MiosaEvent, StreamEventsOptions } from "./types.js";

const defaultIdleTimeoutMs = 45_000;
const reconnectBackoff = { baseMs: 1_000, capMs: 30_000 };
/** A stream that lasted this long was healthy: its loss starts the backoff anew, in milliseconds. */
const healthyStreamMs = 5_000;

/**
 * Follows an endless event stream: reopens it after every loss, with backoff, and asks to continue after the last event seen.
 * Ends only when left or aborted. Throws the abort reason, or the typed error of an answer that asking again cannot change.
 */
export function followEvents<Name extends RouteName>(
  transport: Transport,
  route: Name,
  target: { params: Readonly<Record<RouteParams<Name>, string>>; query?: Query | undefined },
  options: Omit<StreamEventsOptions, "types"> = {},
): AsyncGenerator<MiosaEvent, void, void> {
  const { idleTimeoutMs = defaultIdleTimeoutMs } = options;
  requireNumber("idleTimeoutMs", idleTimeoutMs, 0);
  if (options.lastEventId) requireString("lastEventId", options.lastEventId);
  return closeableGenerator(options.signal, async function* follow(signal): AsyncGenerator<MiosaEvent, void, void> {
    const { id: watchedId = "" }: Readonly<Record<string, string>> = target.params;
    const wakeUps = createWakeUps();
    let lastEventId = options.lastEventId ?? "";
    let losses = 0;
    let stream: EventStream | undefined;
    try {
      for (;;) {
        const startedAtMs = monotonicNowMs();
        let error: MiosaError | undefined;
        let serverDelayMs: number | undefined;
        let isWoken = false;
        const attempt = new AbortController();
        const stopListening = onAbort(signal, () => attempt.abort(signal.reason));
        // After a sleep a connection, or the wait for one, may be dead without a sign; a fresh one costs little.
        const takeBack = wakeUps.on(() => {
          isWoken = true;
          attempt.abort();
        });
        try {
          stream = await openEventStream(transport, route, {
            ...target,
            headers: options.headers,
            lastEventId,
            idleTimeoutMs,
            signal: attempt.signal,
          });
          options.onOpen?.({ resumed: lastEventId !== "" });
          const current = stream;
          try {
            for (let message = await current.next(); message; message = await current.next()) {
              lastEventId = current.lastEventId;
              const event = eventFromMessage(message, watchedId);
              if (event) yield event;
            }
          } finally {
            lastEventId = current.lastEventId;
            serverDelayMs = current.retryMs;
          }
        } catch (cause) {
          if (signal.aborted) throw cause;
          // A wake-up aborts the attempt, which makes it fail.
          if (!isWoken) {
            if (!isMiosaError(cause) || !isWorthReopening(cause)) throw cause;
            error = cause;
          }
        } finally {
          takeBack();
          stopListening();
          stream?.close();
        }
        if (isWoken) {
          losses = 0;
          options.onLost?.({ error: undefined, retryInMs: 0 });
          continue;
        }
        losses = monotonicNowMs() - startedAtMs >= healthyStreamMs ? 1 : losses + 1;
        const askedMs = error?.retryAfterMs ?? serverDelayMs;
        const retryInMs =
          askedMs === undefined ? backoffMs(reconnectBackoff, losses, Math.random()) : Math.min(askedMs, longestRetryAfterMs);
        options.onLost?.({ error, retryInMs });
        await pauseUnlessWoken(retryInMs, signal, error?.status === 429 ? undefined : wakeUps);
      }
    } finally {
      stream?.close();
      wakeUps.dispose();
    }
  });
}

/** Reads an event off a message; `watchedId` is what it is about where it does not say itself. Undefined for the `[DONE]` marker. Throws a ProtocolError when the data is no JSON object. */
export function eventFromMessage(message: SseMessage, watchedId = ""): MiosaEvent | undefined {
  const wire = objectOfMessage(message);
  if (!wire) return undefined;
  const { id, ...rest } = wire;
  return {
    ...camelize(rest),
    type: asString(wire["type"]) ?? message.event,
    resourceId: asString(id) ?? asString(wire["sandbox_id"]) ?? asString(wire["computer_id"]) ?? watchedId,
    eventId: message.id,
    at: asString(wire["ts"]) ?? asString(wire["timestamp"]) ?? null,
  };
}

/** Refusals that time may heal, lost connections and silence. Everything else would fail the same way for ever. */
function isWorthReopening(error: MiosaError): boolean {
  if (isTimeoutError(error)) return true;
  if (isApiError(error)) return isRetryable(error) || (error.status ?? 0) >= 500;
  return error instanceof NetworkError || isRetryable(error);
}
