import { feedRecheckType } from "@miosa/protocol";
import type { MiosaEvent } from "../events/types.js";
import { isMiosaError } from "../errors.js";
import { requireId } from "../requireId.js";
import type { ReadinessSnapshot } from "../readiness/types.js";
import { monotonicNowMs, startTimer, type Timer } from "../timers.js";
import { createCheckScheduler } from "./checkScheduler.js";
import { checkSandboxes } from "./checkSandboxes.js";
import { isWaiting, learn, type Knowledge } from "./feedSnapshot.js";
import { createDirectSource, type FeedSource, type FeedSourceEvents } from "./feedSource.js";
import { knowledgeOfEvent } from "./knowledgeOf.js";
import { createSharedSource } from "./sharedSource.js";
import type { FeedClient, LiveFeed, LiveFeedOptions, LiveFeedPhase, LiveFeedRole, LiveFeedStatus, Watch } from "./types.js";

const defaults = { timeoutMs: 30_000, pollIntervalMs: 1_000 };
/** So many watches may have a stream of their own; one more makes the feed worth its connection. */
const ownStreamsAtMost = 2;
/** A feed that takes longer to open no longer holds up the watches that wait for it, in milliseconds. */
const slowOpenMs = 2_000;
/** A running sandbox is usually followed by its ready event; only when that does not come is it asked about, in milliseconds. */
const hintDelayMs = 250;

/** One watched sandbox. */
interface Entry {
  readonly id: string;
  watchers: number;
  snapshot: ReadinessSnapshot;
  startedMonoMs: number;
  timeoutMs: number;
  deadline: Timer;
  listeners: Set<() => void>;
  /** Its own readiness stream, while it has one. */
  own: AbortController | undefined;
  /** Number of the newest reason to check it, 0 for none. A check that began earlier than the reason does not settle it. */
  checkWanted: number;
}

/**
 * Follows any number of sandboxes over one connection. `docs/readiness.md` tells how the feed, streams of their own and
 * polling take turns. Nothing is opened before the first watch or listener. Spec `wait_until_ready`; contract 3 and 5.3.
 */
export function createLiveFeed(client: FeedClient, options: LiveFeedOptions = {}): LiveFeed {
  const entries = new Map<string, Entry>();
  const eventListeners = new Set<(event: MiosaEvent) => void>();
  const gapListeners = new Set<() => void>();
  const statusListeners = new Set<() => void>();
  let status: LiveFeedStatus = { phase: "idle", role: "alone", watched: 0 };
  let slowOpen: Timer | undefined;
  let isOpeningSlowly = false;
  let source: FeedSource | undefined;
  let pendingSweep: Timer | undefined;
  let isClosed = false;
  let isAllocating = false;
  /** Numbers reasons for checks and checks, in the order in which they come up. */
  let sequence = 0;
  const scheduler = createCheckScheduler({
    targets: () => checkTargets().map((entry) => entry.id),
    check(ids, signal) {
      const asOf = ++sequence;
      const needsProbe = (id: string): boolean => entries.get(id)?.snapshot.phase !== "ready";
      return checkSandboxes(client, { ids, needsProbe, signal, report: (id, knowledge) => onChecked(id, knowledge, asOf) });
    },
    intervalMs: options.pollIntervalMs ?? defaults.pollIntervalMs,
    random: Math.random,
  });

  // --- what is known -------------------------------------------------------------------------------------------------

  function take(entry: Entry, knowledge: Knowledge, from: ReadinessSnapshot["source"]): void {
    const elapsedMs = monotonicNowMs() - entry.startedMonoMs;
    const snapshot = learn(entry.snapshot, knowledge, { source: from, elapsedMs });
    if (snapshot === entry.snapshot) return;
    const wasWaiting = isWaiting(entry.snapshot);
    entry.snapshot = snapshot;
    if (!isWaiting(snapshot)) {
      entry.deadline.stop();
      closeOwn(entry);
      if (wasWaiting) allocateSoon();
    }
    for (const listener of Array.from(entry.listeners)) listener();
  }

  function onChecked(id: string, knowledge: Knowledge, asOf: number): void {
    const entry = entries.get(id);
    if (!entry) return;
    if (status.phase === "open" && entry.checkWanted <= asOf) {
      entry.checkWanted = 0;
      closeOwn(entry);
    }
    take(entry, knowledge, status.phase === "open" ? "feed" : "poll");
  }

  function onEvent(event: MiosaEvent): void {
    if (event.type === feedRecheckType) return onGap();
    const entry = entries.get(event.resourceId);
    const knowledge = entry && knowledgeOfEvent(event);
    if (entry && knowledge === "check" && isWaiting(entry.snapshot)) {
      entry.checkWanted = ++sequence;
      scheduler.kickWithin(hintDelayMs);
    } else if (entry && knowledge !== undefined && knowledge !== "check") {
      take(entry, knowledge, "feed");
    }
    for (const listener of Array.from(eventListeners)) listener(event);
  }

  // --- who carries what ----------------------------------------------------------------------------------------------

  function waitingEntries(): Entry[] {
    return Array.from(entries.values()).filter((entry) => isWaiting(entry.snapshot));
  }

  function checkTargets(): Entry[] {
    const { phase } = status;
    if (phase === "open") {
      return Array.from(entries.values()).filter((entry) => entry.checkWanted > 0 && entry.snapshot.phase !== "failed");
    }
    const feedIsDown = phase === "lost" || phase === "unavailable" || (phase === "connecting" && isOpeningSlowly);
    return feedIsDown ? waitingEntries().filter((entry) => !entry.own) : [];
  }

  /** Brings streams, feed and polling in line with what is watched now. */
  function allocate(): void {
    if (isClosed) return;
    const { phase } = status;
    if (entries.size > ownStreamsAtMost || eventListeners.size > 0) startFeed();
    else if (entries.size === 0 && eventListeners.size === 0 && phase !== "idle") stopFeed();
    if (status.phase === "open") return scheduler.kick();
    const waiting = waitingEntries();
    let free = ownStreamsAtMost - waiting.filter((entry) => entry.own).length;
    for (const entry of waiting) {
      if (entry.own || free <= 0) continue;
      free--;
      void followOwn(entry);
    }
    if (checkTargets().length > 0) scheduler.kick();
  }

  /** Allocates once the current burst of calls is over, so that a thousand mounts count as one. */
  function allocateSoon(): void {
    if (isAllocating) return;
    isAllocating = true;
    queueMicrotask(() => {
      isAllocating = false;
      allocate();
    });
  }

  /** Lets go of what nobody watches in the next task, so that one who comes back at once finds it still there. */
  function sweepSoon(): void {
    pendingSweep ??= startTimer(0, () => {
      pendingSweep = undefined;
      for (const entry of Array.from(entries.values())) if (entry.watchers === 0) forget(entry);
      allocate();
    });
  }

  function startFeed(): void {
    if (status.phase !== "idle") return;
    setStatus({ phase: "connecting" });
    slowOpen = startTimer(slowOpenMs, () => {
      isOpeningSlowly = true;
      allocate();
    });
    source ??= createSource();
    source.start();
  }

  function stopFeed(): void {
    slowOpen?.stop();
    isOpeningSlowly = false;
    source?.stop();
    setStatus({ phase: "idle", role: "alone" });
  }

  function onPhase(phase: Exclude<LiveFeedPhase, "idle">): void {
    if (status.phase === "idle") return;
    slowOpen?.stop();
    isOpeningSlowly = false;
    setStatus({ phase });
    if (phase === "open") onGap();
    else allocate();
  }

  /** Events may have been missed: everything that is watched is asked about once more. */
  function onGap(): void {
    for (const entry of entries.values()) entry.checkWanted = ++sequence;
    allocate();
    for (const listener of Array.from(gapListeners)) listener();
  }

  function createSource(): FeedSource {
    const on: FeedSourceEvents = {
      onOpen: () => onPhase("open"),
      onLost: () => onPhase("lost"),
      onUnavailable: () => onPhase("unavailable"),
      onEvent,
      onRole: (role: LiveFeedRole) => setStatus({ role }),
    };
    const { acrossTabs = true, idleTimeoutMs } = options;
    const direct = { idleTimeoutMs };
    return acrossTabs === false
      ? createDirectSource(client, on, direct)
      : createSharedSource(client, on, { ...direct, key: acrossTabs === true ? undefined : acrossTabs.key });
  }

  /** Follows one sandbox by its own readiness stream, as a single watch does. */
  async function followOwn(entry: Entry): Promise<void> {
    const own = new AbortController();
    entry.own = own;
    try {
      // The entry has the deadline; the stream just goes on while it is wanted.
      const states = client.sandboxes.watchReadiness(entry.id, { signal: own.signal, timeoutMs: Number.POSITIVE_INFINITY });
      for await (const state of states) {
        if (own.signal.aborted) return;
        if (state.phase === "booting") take(entry, { kind: "booting" }, state.source);
        else if (state.phase === "ready") take(entry, { kind: "ready", readyAt: state.readyAt }, state.source);
        else if (state.phase === "timedOut") take(entry, { kind: "timedOut", reason: state.reason }, state.source);
        else if (state.phase === "failed") take(entry, { kind: "failed", error: state.error }, state.source);
      }
    } catch (error) {
      if (own.signal.aborted) return;
      if (!isMiosaError(error)) throw error;
      take(entry, { kind: "failed", error }, "stream");
    } finally {
      if (entry.own === own) entry.own = undefined;
    }
  }

  function closeOwn(entry: Entry): void {
    entry.own?.abort();
    entry.own = undefined;
  }

  // --- watches -------------------------------------------------------------------------------------------------------

  function begin(entry: Entry): void {
    entry.deadline.stop();
    entry.snapshot = { phase: "connecting", source: status.phase === "open" ? "feed" : "stream", startedAtMs: Date.now() };
    entry.startedMonoMs = monotonicNowMs();
    entry.checkWanted = ++sequence;
    entry.deadline = startTimer(entry.timeoutMs, () => {
      take(entry, { kind: "timedOut", reason: null }, entry.snapshot.source);
    });
  }

  function addEntry(id: string, timeoutMs: number): Entry {
    const entry: Entry = {
      id,
      watchers: 0,
      snapshot: { phase: "connecting", source: "stream", startedAtMs: Date.now() },
      startedMonoMs: 0,
      timeoutMs,
      deadline: { stop: () => undefined },
      listeners: new Set(),
      own: undefined,
      checkWanted: 0,
    };
    begin(entry);
    entries.set(id, entry);
    setStatus({});
    return entry;
  }

  function forget(entry: Entry): void {
    entry.deadline.stop();
    closeOwn(entry);
    entries.delete(entry.id);
    setStatus({});
  }

  function setStatus(change: Partial<LiveFeedStatus>): void {
    const next = { ...status, ...change, watched: entries.size };
    if (next.phase === status.phase && next.role === status.role && next.watched === status.watched) return;
    status = next;
    for (const listener of Array.from(statusListeners)) listener();
  }

  return {
    watch(id, { timeoutMs = options.timeoutMs ?? defaults.timeoutMs } = {}) {
      requireId(id);
      const entry = entries.get(id) ?? addEntry(id, timeoutMs);
      entry.watchers++;
      allocateSoon();
      return watchOf(entry, sweepSoon);
    },
    retry(id) {
      const entry = entries.get(id);
      if (!entry) return;
      closeOwn(entry);
      begin(entry);
      for (const listener of Array.from(entry.listeners)) listener();
      allocateSoon();
    },
    onEvent(listener) {
      eventListeners.add(listener);
      allocateSoon();
      return () => {
        eventListeners.delete(listener);
        sweepSoon();
      };
    },
    onGap: (listener) => subscribe(gapListeners, listener),
    status: () => status,
    onStatus: (listener) => subscribe(statusListeners, listener),
    close() {
      isClosed = true;
      pendingSweep?.stop();
      scheduler.stop();
      for (const entry of Array.from(entries.values())) forget(entry);
      stopFeed();
    },
  };
}

function watchOf(entry: Entry, onClosed: () => void): Watch {
  const own = new Set<() => void>();
  let isOpen = true;
  return {
    id: entry.id,
    get: () => entry.snapshot,
    onChange(listener) {
      const call = (): void => listener();
      own.add(call);
      entry.listeners.add(call);
      return () => {
        own.delete(call);
        entry.listeners.delete(call);
      };
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      for (const call of own) entry.listeners.delete(call);
      entry.watchers--;
      onClosed();
    },
  };
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  const call = (): void => listener();
  listeners.add(call);
  return () => listeners.delete(call);
}
