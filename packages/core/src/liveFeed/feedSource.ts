import type { MiosaEvent } from "../events/types.js";
import { backoffMs } from "../http/retryDelay.js";
import { startTimer, type Timer } from "../timers.js";
import type { FeedClient, LiveFeedRole } from "./types.js";

/** What a source of events tells the feed. */
export interface FeedSourceEvents {
  /** The stream is open: events flow from now on. Whatever happened before may have been missed. */
  onOpen(): void;
  /** The stream was lost; the source opens it again by itself. */
  onLost(): void;
  /** There is no such stream here, or not for this credential. The source tries again after a long pause. */
  onUnavailable(): void;
  onEvent(event: MiosaEvent): void;
  onRole(role: LiveFeedRole): void;
}

/** One stream of tenant events, by whatever means. */
export interface FeedSource {
  start(): void;
  /** Closes everything. It may be started again. */
  stop(): void;
}

/** The events that concern sandboxes. */
const types = ["sandbox.*"];
/** How long an unavailable feed is left alone: it may come with the server's next release, in milliseconds. */
const unavailableBackoff = { baseMs: 30_000, capMs: 300_000 };

/** What a direct source starts with. */
export interface DirectSourceOptions {
  idleTimeoutMs: number | undefined;
  /** Resumes after this event. */
  lastEventId?: string | undefined;
}

/** A source with a connection of its own. */
export function createDirectSource(client: FeedClient, on: FeedSourceEvents, options: DirectSourceOptions): FeedSource {
  let controller: AbortController | undefined;
  let retry: Timer | undefined;
  let refusals = 0;
  let lastEventId = options.lastEventId;

  async function follow(signal: AbortSignal): Promise<void> {
    try {
      const events = client.events.stream({
        types,
        idleTimeoutMs: options.idleTimeoutMs,
        lastEventId,
        signal,
        onOpen() {
          refusals = 0;
          on.onOpen();
        },
        onLost: () => on.onLost(),
      });
      for await (const event of events) {
        lastEventId = event.eventId || lastEventId;
        on.onEvent(event);
      }
    } catch {
      // The error is final for this stream, not for the watches: each carries on by itself and meets it there if it is real.
      if (signal.aborted) return;
      refusals++;
      on.onUnavailable();
      retry = startTimer(backoffMs(unavailableBackoff, refusals, Math.random()), open);
    }
  }

  function open(): void {
    controller = new AbortController();
    void follow(controller.signal);
  }

  return {
    start() {
      if (controller) return;
      on.onRole("alone");
      open();
    },
    stop() {
      retry?.stop();
      controller?.abort();
      controller = undefined;
    },
  };
}
