import type { ReadinessSnapshot } from "../readiness/types.js";
import { startTimer } from "../timers.js";
import { isWaiting } from "./feedSnapshot.js";
import { createListeners } from "./listeners.js";
import type { LiveFeed, Watch } from "./types.js";

/** Called with every new state of every watched sandbox. */
export type ReadinessListener = (id: string, snapshot: ReadinessSnapshot) => void;

/** What is known about the readiness of sandboxes, and the open watches behind it. */
export interface ReadinessStore {
  /** Undefined until the first word; afterwards the same object until something changes. */
  get(id: string): ReadinessSnapshot | undefined;
  /**
   * Calls `onChange` after each change. With `isActive` it also keeps a watch open, unless the state is final already. The feed
   * keeps a watch that was closed for the rest of the task, so that one who comes back at once finds it still open.
   */
  subscribe(id: string, timeoutMs: number | undefined, onChange: () => void, isActive: boolean): () => void;
  /** Forgets what is known and, while someone is subscribed, starts over with a new deadline. */
  retry(id: string): void;
  /**
   * Resolves when it is worth rendering again: once the wait is over, and every second. It keeps a watch open for one who has no
   * place on the page yet to subscribe from, and lets go of it when nobody has asked again by then.
   */
  wait(id: string, timeoutMs: number | undefined): Promise<void>;
  /** Calls back for every new state of every watched sandbox. Returns a function that stops it. */
  listen(listener: ReadinessListener): () => void;
}

interface Entry {
  readonly subscribers: Set<() => void>;
  active: number;
  timeoutMs?: number | undefined;
  snapshot?: ReadinessSnapshot | undefined;
  watch?: Watch | undefined;
  waiting?: Promise<void> | undefined;
}

/** Final states that nobody looks at are kept, so that a card that comes back is right at once; the oldest beyond these are dropped. */
const keptEntries = 1000;

/** How often one who suspends looks again, in milliseconds. */
const lookAgainMs = 1_000;

/** True once the wait is over. */
function isFinal(snapshot: ReadinessSnapshot | undefined): boolean {
  return snapshot !== undefined && !isWaiting(snapshot);
}

/**
 * A store that watches over a live feed, one watch for all who ask for the same sandbox, for use where a framework reads a store
 * (`useSyncExternalStore` and its like). Nothing is opened before the first subscriber.
 */
export function createReadinessStore(feed: Pick<LiveFeed, "watch" | "retry">): ReadinessStore {
  const entries = new Map<string, Entry>();
  const listeners = createListeners<Parameters<ReadinessListener>>();

  function entryOf(id: string): Entry {
    let entry = entries.get(id);
    if (!entry) entries.set(id, (entry = { subscribers: new Set(), active: 0 }));
    return entry;
  }

  function publish(id: string, entry: Entry, snapshot: ReadinessSnapshot | undefined): void {
    if (snapshot === entry.snapshot) return;
    entry.snapshot = snapshot;
    for (const onChange of Array.from(entry.subscribers)) onChange();
    if (snapshot) listeners.tell(id, snapshot);
  }

  function open(id: string, entry: Entry): void {
    if (entry.watch || !entry.active || isFinal(entry.snapshot)) return;
    const watch = (entry.watch = feed.watch(id, { timeoutMs: entry.timeoutMs }));
    const show = (): void => publish(id, entry, watch.get());
    watch.onChange(show);
    show();
  }

  function leave(id: string, entry: Entry): void {
    if (!entry.active) {
      entry.watch?.close();
      entry.watch = undefined;
      if (!isFinal(entry.snapshot)) publish(id, entry, undefined);
    }
    if (!entry.subscribers.size && !entry.snapshot) entries.delete(id);
    for (const [oldId, old] of entries) {
      if (entries.size <= keptEntries) return;
      if (!old.subscribers.size) entries.delete(oldId);
    }
  }

  /** Keeps a watch until it is worth rendering again, and a little longer, for the one who then does. */
  async function hold(id: string, entry: Entry, timeoutMs: number | undefined): Promise<void> {
    await Promise.resolve(); // subscribing tells others, which nobody may do while rendering
    let leave = (): void => undefined;
    await new Promise<void>((resolve) => {
      const timer = startTimer(lookAgainMs, resolve);
      leave = subscribe(
        id,
        timeoutMs,
        () => {
          if (!isFinal(entry.snapshot)) return;
          timer.stop();
          resolve();
        },
        true,
      );
    });
    entry.waiting = undefined;
    startTimer(lookAgainMs, leave);
  }

  function subscribe(id: string, timeoutMs: number | undefined, onChange: () => void, isActive: boolean): () => void {
    const entry = entryOf(id);
    const subscriber = (): void => onChange();
    entry.subscribers.add(subscriber);
    if (isActive && entry.active++ === 0) entry.timeoutMs = timeoutMs;
    const stop = (): void => {
      if (!entry.subscribers.delete(subscriber)) return;
      if (isActive) entry.active--;
      leave(id, entry);
    };
    try {
      open(id, entry);
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  return {
    subscribe,
    wait(id, timeoutMs) {
      const entry = entryOf(id);
      return (entry.waiting ??= hold(id, entry, timeoutMs));
    },
    get: (id) => entries.get(id)?.snapshot,
    retry(id) {
      const entry = entryOf(id);
      publish(id, entry, undefined);
      if (entry.watch) feed.retry(id);
      else open(id, entry);
    },
    listen: listeners.add,
  };
}
