import { createLiveFeed, type LiveFeed, type MiosaClient, type ReadinessSnapshot } from "@miosa/core";
import { failure, type OpenReadiness, type OpenWatch, readinessOf, type ReadinessWatch } from "./readinessSources.js";
import { inNextTask } from "./timers.js";

/** Called with every new state of every watched sandbox. */
export type ReadinessListener = (id: string, snapshot: ReadinessSnapshot) => void;

/** What is known about the readiness of sandboxes, and the open watches behind it. */
export interface ReadinessStore {
  /** Undefined until the first word; afterwards the same object until something changes. */
  get(watch: ReadinessWatch): ReadinessSnapshot | undefined;
  /**
   * Calls `onChange` after each change. With `active` it also keeps a watch open, unless the state is final already. The last
   * active subscriber's leaving closes it in the next task, so that one who comes back at once finds it still open.
   */
  subscribe(watch: ReadinessWatch, onChange: () => void, active: boolean): () => void;
  /** Forgets what is known and, while someone is subscribed, starts over with a new deadline. */
  retry(watch: ReadinessWatch): void;
  listen(listener: ReadinessListener): () => void;
}

interface Entry {
  readonly watch: ReadinessWatch;
  readonly subscribers: Set<() => void>;
  active: number;
  snapshot: ReadinessSnapshot | undefined;
  open: OpenWatch | undefined;
}

/** Final states that nobody looks at are kept, so that a card that comes back is right at once; the oldest beyond these are dropped. */
const keptEntries = 1000;

/** True once the wait is over. */
export function isFinal(snapshot: ReadinessSnapshot): boolean {
  return snapshot.phase !== "connecting" && snapshot.phase !== "booting";
}

/** A store that watches through `source`, one watch for all who ask for the same. Nothing is opened before the first subscriber. */
export function createReadinessStore(source: OpenReadiness): ReadinessStore {
  const entries = new Map<string, Entry>();
  const listeners = new Set<ReadinessListener>();

  function entryOf(watch: ReadinessWatch): Entry {
    const key = keyOf(watch);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const made: Entry = { watch, subscribers: new Set(), active: 0, snapshot: undefined, open: undefined };
    entries.set(key, made);
    return made;
  }

  function publish(entry: Entry, snapshot: ReadinessSnapshot | undefined): void {
    if (snapshot === entry.snapshot) return;
    entry.snapshot = snapshot;
    for (const onChange of Array.from(entry.subscribers)) onChange();
    if (snapshot !== undefined) for (const listener of Array.from(listeners)) listener(entry.watch.id, snapshot);
  }

  function open(entry: Entry): void {
    if (entry.open !== undefined || (entry.snapshot !== undefined && isFinal(entry.snapshot))) return;
    try {
      entry.open = source(entry.watch, (snapshot) => publish(entry, snapshot));
    } catch (error) {
      publish(entry, failure(error));
    }
  }

  function closeIfUnused(entry: Entry): void {
    if (entry.active > 0) return;
    entry.open?.close();
    entry.open = undefined;
    if (entry.snapshot !== undefined && !isFinal(entry.snapshot)) publish(entry, undefined);
    if (entry.subscribers.size === 0 && entry.snapshot === undefined) entries.delete(keyOf(entry.watch));
    for (const [key, old] of entries) {
      if (entries.size <= keptEntries) return;
      if (old.subscribers.size === 0) entries.delete(key);
    }
  }

  return {
    get: (watch) => entries.get(keyOf(watch))?.snapshot,
    subscribe(watch, onChange, active) {
      const entry = entryOf(watch);
      const subscriber = (): void => onChange();
      entry.subscribers.add(subscriber);
      if (active) {
        entry.active += 1;
        open(entry);
      }
      return () => {
        if (!entry.subscribers.delete(subscriber)) return;
        if (active) entry.active -= 1;
        inNextTask(() => closeIfUnused(entry));
      };
    },
    retry(watch) {
      const entry = entryOf(watch);
      publish(entry, undefined);
      if (entry.open !== undefined) entry.open.restart();
      else if (entry.active > 0) open(entry);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const stores = new WeakMap<MiosaClient | LiveFeed, ReadinessStore>();

/** The readiness store of a client: providers that share a client, or a feed, share its watches. */
export function readinessStoreOf(client: MiosaClient, feed?: LiveFeed): ReadinessStore {
  const known = stores.get(feed ?? client);
  if (known !== undefined) return known;
  const made = createReadinessStore(readinessOf(client, feed ?? createLiveFeed(client)));
  stores.set(feed ?? client, made);
  return made;
}

function keyOf({ id, timeoutMs, stream, pollIntervalMs, idleTimeoutMs }: ReadinessWatch): string {
  return [timeoutMs, stream, pollIntervalMs, idleTimeoutMs, id].join();
}
