import { feedRecheckType } from "@miosa/protocol";
import type { MiosaEvent } from "../events/types.js";
import { requireId, requireNumber } from "../requireArguments.js";
import { startTimer, type Timer } from "../timers.js";
import { createCheckScheduler } from "./checkScheduler.js";
import { checkSandboxes } from "./checkSandboxes.js";
import { createFeedEntry, type FeedEntry } from "./feedEntry.js";
import type { Knowledge } from "./feedSnapshot.js";
import { createDirectSource, type FeedSource, type FeedSourceEvents } from "./feedSource.js";
import { knowledgeOfEvent } from "./knowledgeOf.js";
import { createListeners } from "./listeners.js";
import { createSharedSource } from "./sharedSource.js";
import type { FeedClient, LiveFeed, LiveFeedOptions, LiveFeedPhase, LiveFeedStatus } from "./types.js";

const defaults = { timeoutMs: 30_000, pollIntervalMs: 1_000, lingerMs: 0 };
/** So many watches may have a stream of their own; one more makes the feed worth its connection. */
const ownStreamsAtMost = 2;
/** A feed that takes longer to open no longer holds up the watches that wait for it, in milliseconds. */
const slowOpenMs = 2_000;
/** A running sandbox is usually followed by its ready event; only when that does not come is it asked about, in milliseconds. */
const hintDelayMs = 250;

/**
 * Follows any number of sandboxes over one connection. `docs/readiness.md` tells how the feed, streams of their own and
 * polling take turns. Nothing is opened before the first watch or listener. Throws `INVALID_ARGUMENT` for a negative time. Spec `wait_until_ready`; contract 3 and 5.3.
 */
export function createLiveFeed(client: FeedClient, options: LiveFeedOptions = {}): LiveFeed {
  for (const name of ["timeoutMs", "idleTimeoutMs", "pollIntervalMs", "lingerMs"] as const) {
    if (options[name] !== undefined) requireNumber(name, options[name], 0);
  }
  const entries = new Map<string, FeedEntry>();
  const eventListeners = createListeners<[MiosaEvent]>();
  const gapListeners = createListeners<[]>();
  const statusListeners = createListeners<[]>();
  let status: LiveFeedStatus = { phase: "idle", role: "alone", watched: 0 };
  let slowOpen: Timer | undefined;
  let isOpeningSlowly = false;
  let source: FeedSource | undefined;
  let pendingSweep: Timer | undefined;
  let linger: Timer | undefined;
  /** True once an event has come that nobody listened for: whoever listens next has missed it. */
  let isUnheard = false;
  let isAllocating = false;
  let isClosed = false;
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

  // What is learned, and from where.

  function onChecked(id: string, knowledge: Knowledge, asOf: number): void {
    const entry = entries.get(id);
    if (!entry) return;
    if (status.phase === "open" && entry.checkWanted <= asOf) {
      entry.checkWanted = 0;
      entry.closeOwn();
    }
    entry.take(knowledge, status.phase === "open" ? "feed" : "poll");
  }

  function onEvent(event: MiosaEvent): void {
    if (event.type === feedRecheckType) return onGap();
    const entry = entries.get(event.resourceId);
    const knowledge = entry && knowledgeOfEvent(event);
    if (entry && knowledge === "check" && entry.isWaiting) {
      entry.afterHint(hintDelayMs, () => {
        entry.checkWanted = ++sequence;
        scheduler.kick();
      });
    } else if (entry && knowledge !== undefined && knowledge !== "check") {
      entry.take(knowledge, "feed");
    }
    if (eventListeners.count() === 0) isUnheard = true;
    eventListeners.tell(event);
  }

  /** Events may have been missed: everything that is watched is asked about once more. */
  function onGap(): void {
    for (const entry of entries.values()) entry.checkWanted = ++sequence;
    isUnheard = false;
    allocate();
    gapListeners.tell();
  }

  function onPhase(phase: Exclude<LiveFeedPhase, "idle">): void {
    if (status.phase === "idle") return;
    slowOpen?.stop();
    isOpeningSlowly = false;
    setStatus({ phase });
    if (phase === "open") onGap();
    else allocate();
  }

  function setStatus(change: Partial<LiveFeedStatus>): void {
    const next = { ...status, ...change, watched: entries.size };
    if (next.phase === status.phase && next.role === status.role && next.watched === status.watched) return;
    status = next;
    statusListeners.tell();
  }

  // Who carries what.

  /** What the polling loop has to ask about: with the feed open, what it was not yet asked about; without it, what no stream carries. */
  function checkTargets(): FeedEntry[] {
    const { phase } = status;
    const all = Array.from(entries.values());
    if (phase === "open") return all.filter((entry) => entry.checkWanted > 0 && entry.snapshot.phase !== "failed");
    const isDown = phase === "lost" || phase === "unavailable" || (phase === "connecting" && isOpeningSlowly);
    return isDown ? all.filter((entry) => entry.isWaiting && !entry.hasOwnStream) : [];
  }

  /** Brings feed, streams and polling in line with what is watched now. */
  function allocate(): void {
    if (isClosed) return;
    const isListenedTo = eventListeners.count() > 0;
    if (entries.size > ownStreamsAtMost || isListenedTo) startFeed();
    if (entries.size > 0 || isListenedTo) stopLingering();
    else if (status.phase !== "idle") linger ??= startTimer(options.lingerMs ?? defaults.lingerMs, stopFeed);
    if (isListenedTo && isUnheard) {
      isUnheard = false;
      gapListeners.tell();
    }
    if (status.phase !== "open") openOwnStreams();
    if (checkTargets().length > 0) scheduler.kick();
  }

  function openOwnStreams(): void {
    const waiting = Array.from(entries.values()).filter((entry) => entry.isWaiting);
    const free = ownStreamsAtMost - waiting.filter((entry) => entry.hasOwnStream).length;
    const next = waiting.filter((entry) => !entry.hasOwnStream).slice(0, Math.max(0, free));
    for (const entry of next) void entry.followOwn();
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

  /** A settled sandbox may leave its stream to another one. It is no reason to poll, and with the feed open no reason for anything. */
  function onSettled(): void {
    if (status.phase !== "open" && !isClosed) openOwnStreams();
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

  function stopLingering(): void {
    linger?.stop();
    linger = undefined;
  }

  function stopFeed(): void {
    stopLingering();
    slowOpen?.stop();
    isOpeningSlowly = false;
    isUnheard = false;
    source?.stop();
    setStatus({ phase: "idle", role: "alone" });
  }

  function createSource(): FeedSource {
    const on: FeedSourceEvents = {
      onOpen: () => onPhase("open"),
      onLost: () => onPhase("lost"),
      onUnavailable: () => onPhase("unavailable"),
      onEvent,
      onRole: (role) => setStatus({ role }),
    };
    const { acrossTabs = true, idleTimeoutMs } = options;
    if (acrossTabs === false) return createDirectSource(client, on, { idleTimeoutMs });
    return createSharedSource(client, on, { idleTimeoutMs, key: acrossTabs === true ? undefined : acrossTabs.key });
  }

  function addEntry(id: string, timeoutMs: number): FeedEntry {
    const entry = createFeedEntry(client, id, { timeoutMs, idleTimeoutMs: options.idleTimeoutMs, onSettled });
    entry.checkWanted = ++sequence;
    entries.set(id, entry);
    setStatus({});
    return entry;
  }

  function forget(entry: FeedEntry): void {
    entry.dispose();
    entries.delete(entry.id);
    setStatus({});
  }

  return {
    watch(id, { timeoutMs = options.timeoutMs ?? defaults.timeoutMs } = {}) {
      requireId(id);
      requireNumber("timeoutMs", timeoutMs, 0);
      const entry = entries.get(id) ?? addEntry(id, timeoutMs);
      allocateSoon();
      return entry.open(sweepSoon);
    },
    retry(id) {
      const entry = entries.get(id);
      if (!entry) return;
      entry.restart(status.phase === "open" ? "feed" : "stream");
      entry.checkWanted = ++sequence;
      allocateSoon();
    },
    onEvent(listener) {
      const stop = eventListeners.add(listener);
      allocateSoon();
      return () => {
        stop();
        sweepSoon();
      };
    },
    onGap: gapListeners.add,
    status: () => status,
    onStatus: statusListeners.add,
    close() {
      isClosed = true;
      pendingSweep?.stop();
      scheduler.stop();
      for (const entry of Array.from(entries.values())) forget(entry);
      stopFeed();
    },
  };
}
