import { type MiosaClient, MiosaError, type ReadinessSnapshot, type WatchReadinessOptions, isMiosaError } from "@miosa/core";
import { inNextTask } from "./timers.js";

/** What to watch: one sandbox, in one way. Watchers that ask for the same share one watch. */
export interface ReadinessWatch extends Pick<WatchReadinessOptions, "timeoutMs" | "stream" | "pollIntervalMs" | "idleTimeoutMs"> {
  id: string;
}

/** Yields what becomes known of one sandbox until a final state; ends, and closes what it opened, when the signal aborts. */
export type ReadinessSourceOf = (watch: ReadinessWatch, signal: AbortSignal) => AsyncIterable<ReadinessSnapshot>;

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
  /** Takes over a state that was learned elsewhere, where nothing is known yet. */
  adopt(watch: ReadinessWatch, snapshot: ReadinessSnapshot): void;
  /** Forgets what is known and, while someone is subscribed, starts over with a new deadline. */
  retry(watch: ReadinessWatch): void;
  listen(listener: ReadinessListener): () => void;
}

interface Entry {
  readonly watch: ReadinessWatch;
  readonly subscribers: Set<() => void>;
  active: number;
  snapshot: ReadinessSnapshot | undefined;
  /** Set while the watch is open. */
  open: AbortController | undefined;
}

/** Final states that nobody looks at are kept, so that a card that comes back is right at once; the oldest beyond these are dropped. */
const keptEntries = 1000;

/** True for a state after which nothing more is learned without `retry`. */
export function isFinal(snapshot: ReadinessSnapshot): boolean {
  return snapshot.phase !== "connecting" && snapshot.phase !== "booting";
}

/** A store that watches through `source`, one watch for all who ask for the same. Nothing is opened before the first subscriber. */
export function createReadinessStore(source: ReadinessSourceOf): ReadinessStore {
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
    entry.snapshot = snapshot;
    for (const onChange of [...entry.subscribers]) onChange();
    if (snapshot !== undefined) for (const listener of [...listeners]) listener(entry.watch.id, snapshot);
  }

  function open(entry: Entry): void {
    if (entry.open !== undefined || (entry.snapshot !== undefined && isFinal(entry.snapshot))) return;
    const controller = new AbortController();
    entry.open = controller;
    void follow(entry, controller);
  }

  async function follow(entry: Entry, controller: AbortController): Promise<void> {
    const startedAtMs = Date.now();
    const isCurrent = () => entry.open === controller;
    try {
      for await (const snapshot of source(entry.watch, controller.signal)) {
        if (!isCurrent()) return;
        publish(entry, snapshot);
      }
      if (isCurrent() && (entry.snapshot === undefined || !isFinal(entry.snapshot))) {
        throw new MiosaError("The readiness watch ended without a final state", { code: "PROTOCOL_ERROR" });
      }
    } catch (thrown) {
      if (!isCurrent()) return;
      const source = entry.snapshot?.source ?? "stream";
      publish(entry, { phase: "failed", source, startedAtMs, elapsedMs: Date.now() - startedAtMs, error: asMiosaError(thrown) });
    } finally {
      if (isCurrent()) entry.open = undefined;
    }
  }

  function close(entry: Entry): void {
    const controller = entry.open;
    entry.open = undefined;
    controller?.abort();
  }

  function closeIfUnused(entry: Entry): void {
    if (entry.active > 0) return;
    close(entry);
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
      const subscriber = () => onChange();
      entry.subscribers.add(subscriber);
      if (active) {
        entry.active += 1;
        open(entry);
      }
      return () => {
        entry.subscribers.delete(subscriber);
        if (active) entry.active -= 1;
        inNextTask(() => closeIfUnused(entry));
      };
    },
    adopt(watch, snapshot) {
      const entry = entryOf(watch);
      if (entry.snapshot === undefined) publish(entry, snapshot);
    },
    retry(watch) {
      const entry = entryOf(watch);
      close(entry);
      publish(entry, undefined);
      if (entry.active > 0) open(entry);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const stores = new WeakMap<MiosaClient, ReadinessStore>();

/** The readiness store of a client: providers that share a client share its watches. */
export function readinessStoreOf(client: MiosaClient): ReadinessStore {
  const known = stores.get(client);
  if (known !== undefined) return known;
  const made = createReadinessStore(({ id, ...options }, signal) => client.sandboxes.watchReadiness(id, { ...options, signal }));
  stores.set(client, made);
  return made;
}

function keyOf({ id, timeoutMs, stream, pollIntervalMs, idleTimeoutMs }: ReadinessWatch): string {
  return [timeoutMs, stream, pollIntervalMs, idleTimeoutMs, id].join();
}

function asMiosaError(thrown: unknown): MiosaError {
  if (isMiosaError(thrown)) return thrown;
  return new MiosaError("The readiness watch broke", { code: "WATCH_FAILED", cause: thrown });
}
