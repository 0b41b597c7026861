import { isMiosaError } from "../errors.js";
import type { ReadinessSnapshot, ReadinessSource } from "../readiness/types.js";
import { monotonicNowMs, startTimer, type Timer } from "../timers.js";
import { isWaiting, learn, type Knowledge } from "./feedSnapshot.js";
import { createListeners } from "./listeners.js";
import type { FeedClient, Watch } from "./types.js";

/** One watched sandbox: what is known of it, its deadline, and its own stream while it has one. */
export interface FeedEntry {
  readonly id: string;
  readonly snapshot: ReadinessSnapshot;
  readonly isWaiting: boolean;
  readonly hasOwnStream: boolean;
  readonly watchers: number;
  /** Number of the newest reason to ask about it, 0 for none. A check that began before the reason does not settle it. */
  checkWanted: number;
  /** Takes in something learned and tells the watchers if it changes anything. */
  take(knowledge: Knowledge, source: ReadinessSource): void;
  /** Runs `ask` if it still waits a while after the last hint. */
  afterHint(delayMs: number, ask: () => void): void;
  /** Follows its own readiness stream, as a single watch does, until it is settled or told to stop. */
  followOwn(): Promise<void>;
  closeOwn(): void;
  /** Starts the wait over, with a new deadline. */
  restart(source: ReadinessSource): void;
  /** One more watcher. `onClosed` runs when it closes. */
  open(onClosed: () => void): Watch;
  dispose(): void;
}

/** How an entry waits. */
export interface FeedEntryOptions {
  timeoutMs: number;
  /** Silence that loses its own stream, in milliseconds. @default that of `watchReadiness` */
  idleTimeoutMs: number | undefined;
  /** Runs when its wait ends one way or the other. */
  onSettled: () => void;
}

/** Makes the entry and starts its deadline. */
export function createFeedEntry(client: FeedClient, id: string, options: FeedEntryOptions): FeedEntry {
  const { timeoutMs, idleTimeoutMs, onSettled } = options;
  const listeners = createListeners<[]>();
  let snapshot: ReadinessSnapshot;
  let startedMonoMs: number;
  let deadline: Timer | undefined;
  let hint: Timer | undefined;
  let own: AbortController | undefined;
  let watchers = 0;

  function stopTimers(): void {
    deadline?.stop();
    hint?.stop();
  }

  function begin(source: ReadinessSource): void {
    stopTimers();
    snapshot = { phase: "connecting", source, startedAtMs: Date.now() };
    startedMonoMs = monotonicNowMs();
    deadline = startTimer(timeoutMs, () => take({ kind: "timedOut", reason: null }, snapshot.source));
  }

  function take(knowledge: Knowledge, source: ReadinessSource): void {
    const before = snapshot;
    snapshot = learn(before, knowledge, { source, elapsedMs: monotonicNowMs() - startedMonoMs });
    if (snapshot === before) return;
    if (!isWaiting(snapshot)) {
      stopTimers();
      closeOwn();
    }
    listeners.tell();
    if (isWaiting(before) && !isWaiting(snapshot)) onSettled();
  }

  async function followOwn(): Promise<void> {
    closeOwn();
    const controller = new AbortController();
    own = controller;
    const { signal } = controller;
    try {
      // The entry has the deadline; the stream just goes on while it is wanted.
      for await (const state of client.sandboxes.watchReadiness(id, { signal, idleTimeoutMs, timeoutMs: Number.POSITIVE_INFINITY })) {
        const knowledge = knowledgeOfSnapshot(state);
        if (signal.aborted) return;
        if (knowledge) take(knowledge, state.source);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isMiosaError(error)) throw error;
      take({ kind: "failed", error }, "stream");
    } finally {
      if (own === controller) own = undefined;
    }
  }

  function closeOwn(): void {
    own?.abort();
    own = undefined;
  }

  begin("stream");
  return {
    id,
    get snapshot() {
      return snapshot;
    },
    get isWaiting() {
      return isWaiting(snapshot);
    },
    get hasOwnStream() {
      return own !== undefined;
    },
    get watchers() {
      return watchers;
    },
    checkWanted: 0,
    take,
    afterHint(delayMs, ask) {
      hint?.stop();
      hint = startTimer(delayMs, ask);
    },
    followOwn,
    closeOwn,
    restart(source) {
      closeOwn();
      begin(source);
      listeners.tell();
    },
    open(onClosed) {
      const stops = new Set<() => void>();
      let isOpen = true;
      watchers++;
      return {
        id,
        get: () => snapshot,
        onChange(listener) {
          const stop = listeners.add(listener);
          stops.add(stop);
          return stop;
        },
        close() {
          if (!isOpen) return;
          isOpen = false;
          for (const stop of stops) stop();
          watchers--;
          onClosed();
        },
      };
    },
    dispose() {
      stopTimers();
      closeOwn();
    },
  };
}

/** What a state of the sandbox's own stream says; undefined while it says nothing. */
function knowledgeOfSnapshot(state: ReadinessSnapshot): Knowledge | undefined {
  switch (state.phase) {
    case "connecting":
      return undefined;
    case "booting":
      return { kind: "booting" };
    case "ready":
      return { kind: "ready", readyAt: state.readyAt };
    case "timedOut":
      return { kind: "timedOut", reason: state.reason };
    case "failed":
      return { kind: "failed", error: state.error };
  }
}
