import type { FeedEvent } from "./eventFeed.js";

/** The latest events, for browsers that come back after a short absence. */
export interface ReplayRing {
  add(event: FeedEvent): void;
  has(id: string): boolean;
  /** The events after `id`; undefined when it is not known, so that anything may have been missed. */
  after(id: string): readonly FeedEvent[] | undefined;
  /** Where a browser that has seen everything stands. */
  readonly head: string | undefined;
  /** Takes `id` for the newest event before the ones to come, forgetting all others. */
  restart(id: string | undefined): void;
}

/** Makes a ring of at most `capacity` events. */
export function createReplayRing(capacity: number): ReplayRing {
  let events: FeedEvent[] = [];
  const positions = new Map<string, number>();
  let origin: string | undefined;
  let added = 0;

  return {
    add(event) {
      events.push(event);
      positions.set(event.id, added);
      added += 1;
      // Trimmed in bulk: cutting one off the front of an array at each event would copy it at each event.
      if (events.length >= 2 * capacity) {
        const dropped = events.slice(0, events.length - capacity);
        events = events.slice(-capacity);
        origin = dropped.at(-1)?.id;
        for (const { id } of dropped) positions.delete(id);
      }
    },
    has: (id) => positions.has(id),
    after(id) {
      if (id === origin) return events;
      const position = positions.get(id);
      return position === undefined ? undefined : events.slice(position - (added - events.length) + 1);
    },
    get head() {
      return events.at(-1)?.id ?? origin;
    },
    restart(id) {
      events = [];
      positions.clear();
      origin = id;
    },
  };
}
