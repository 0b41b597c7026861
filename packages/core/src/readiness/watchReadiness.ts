import type { Transport } from "../http/transport.js";
import { requireId, requireNumber } from "../requireArguments.js";
import { openEventStream, type EventStream } from "../sse/openEventStream.js";
import { createDeadline, monotonicNowMs, type Deadline } from "../timers.js";
import { closeableGenerator } from "../closeableGenerator.js";
import { getReadiness } from "./getReadiness.js";
import { eventOfFrame, eventOfReadiness, pollFailure, streamFailure } from "./readinessOutcomes.js";
import { initialReadinessState, isFinal, next, type ReadinessEvent, type ReadinessState } from "./readinessState.js";
import type { ReadinessSnapshot, WatchReadinessOptions } from "./types.js";
import { createWakeUps, pauseUnlessWoken, raceWakeUp } from "../wakeUps.js";

const defaults = { timeoutMs: 30_000, pollIntervalMs: 10, idleTimeoutMs: 45_000 };
/** A poll, or a stream's answer, that takes longer is given up, in milliseconds. A wait of no time at all gets it whole. */
const longestPollMs = 5_000;

/**
 * Yields each new state of one sandbox's wait, ending with the final one. `docs/readiness.md` tells the whole story.
 * Leaving the loop, or `return()` from outside, closes the connection. Throws only the caller's abort reason and
 * `INVALID_ARGUMENT`; every other failure is the final state `failed`.
 */
export function watchReadiness(
  transport: Transport,
  id: string,
  options: WatchReadinessOptions = {},
): AsyncGenerator<ReadinessSnapshot, void, void> {
  requireId(id);
  const { timeoutMs = defaults.timeoutMs, pollIntervalMs = defaults.pollIntervalMs, idleTimeoutMs = defaults.idleTimeoutMs } = options;
  for (const [name, value] of Object.entries({ timeoutMs, pollIntervalMs, idleTimeoutMs })) requireNumber(name, value, 0);
  // Silence must be noticed while there is still time to ask again.
  const longestSilenceMs = Math.max(1_000, timeoutMs / 2);
  return closeableGenerator(options.signal, (signal) =>
    drive({
      transport,
      id,
      timeoutMs,
      pollIntervalMs,
      idleTimeoutMs: Math.min(idleTimeoutMs, longestSilenceMs),
      pollTimeoutMs: timeoutMs === 0 ? longestPollMs : Math.min(longestPollMs, longestSilenceMs),
      stream: options.stream !== false && timeoutMs > 0,
      headers: options.headers,
      signal,
    }),
  );
}

interface Wait {
  transport: Transport;
  id: string;
  timeoutMs: number;
  pollIntervalMs: number;
  idleTimeoutMs: number;
  pollTimeoutMs: number;
  stream: boolean;
  headers: Readonly<Record<string, string>> | undefined;
  signal: AbortSignal;
}

async function* drive(wait: Wait): AsyncGenerator<ReadinessSnapshot, void, void> {
  wait.signal.throwIfAborted();
  const startedAtMs = Date.now();
  const startedMonoMs = monotonicNowMs();
  // No time at all still buys one look.
  const deadline = createDeadline(wait.timeoutMs > 0 ? wait.timeoutMs : longestPollMs, wait.signal);
  const effects = createEffects(wait, deadline);
  let state = initialReadinessState({ stream: wait.stream });
  let shown: ReadinessSnapshot | undefined;
  try {
    for (;;) {
      const snapshot = snapshotOf(state, startedAtMs, monotonicNowMs() - startedMonoMs);
      if (!shown || shown.phase !== snapshot.phase || shown.source !== snapshot.source) {
        shown = snapshot;
        yield snapshot;
      }
      if (isFinal(state)) return;
      const event = await effects.perform(state);
      state = next(state, event, { nowMs: monotonicNowMs(), random: Math.random(), pollIntervalMs: wait.pollIntervalMs });
    }
  } finally {
    effects.close();
    deadline.dispose();
  }
}

/** Carries out the one thing that a state waits for, and reports it as an event. */
function createEffects(
  wait: Wait,
  deadline: Deadline,
): { perform(state: ReadinessState): Promise<ReadinessEvent>; close(): void } {
  const { transport, id, headers } = wait;
  const wakeUps = createWakeUps();
  let stream: EventStream | undefined;

  async function open(): Promise<ReadinessEvent> {
    stream?.close();
    try {
      stream = await deadline.race(
        openEventStream(transport, "GET /sandboxes/:id/readiness/stream", {
          params: { id },
          headers,
          idleTimeoutMs: wait.idleTimeoutMs,
          openTimeoutMs: Math.min(wait.idleTimeoutMs, wait.pollTimeoutMs),
          nameIsEnough: true,
          signal: deadline.signal,
        }),
      );
      return { type: "streamOpened" };
    } catch (error) {
      return { type: "streamFailed", failure: streamFailure(error) };
    }
  }

  async function nextFrame(from: EventStream): Promise<ReadinessEvent> {
    try {
      for (;;) {
        const message = await from.next();
        if (!message) return { type: "streamEnded" };
        const event = eventOfFrame(id, message);
        if (event) return event;
      }
    } catch (error) {
      return { type: "streamFailed", failure: streamFailure(error) };
    }
  }

  async function check(): Promise<ReadinessEvent> {
    stream?.close();
    try {
      const options = { signal: deadline.signal, timeoutMs: wait.pollTimeoutMs, headers, retry: false };
      return eventOfReadiness(await getReadiness(transport, id, options));
    } catch (error) {
      return { type: "pollFailed", failure: pollFailure(error) };
    }
  }

  async function listen(open: EventStream): Promise<ReadinessEvent> {
    const event = await raceWakeUp(nextFrame(open), deadline.signal, wakeUps);
    return event === "woken" ? { type: event } : event;
  }

  async function pause(untilMs: number): Promise<ReadinessEvent> {
    return { type: await pauseUnlessWoken(Math.ceil(untilMs - monotonicNowMs()), deadline.signal, wakeUps) };
  }

  async function effectOf(state: ReadinessState): Promise<ReadinessEvent> {
    switch (state.phase) {
      case "connecting":
        return open();
      case "streaming":
        return stream ? listen(stream) : { type: "streamEnded" };
      case "pausing":
        return wait.timeoutMs === 0 ? { type: "deadlinePassed" } : pause(state.untilMs);
      case "checking":
      case "ready":
      case "timedOut":
      case "failed":
        return check();
    }
  }

  return {
    async perform(state) {
      let event: ReadinessEvent | undefined;
      try {
        event = await effectOf(state);
      } catch (error) {
        if (!deadline.signal.aborted) throw error;
      }
      // An answer that came in time counts, even if the deadline struck in the same moment; failures caused by it do not.
      if (deadline.signal.aborted && (!event || event.type === "streamFailed" || event.type === "pollFailed")) {
        wait.signal.throwIfAborted();
        return { type: "deadlinePassed" };
      }
      return event ?? { type: "deadlinePassed" };
    },
    close() {
      stream?.close();
      wakeUps.dispose();
    },
  };
}

function snapshotOf(state: ReadinessState, startedAtMs: number, elapsedMs: number): ReadinessSnapshot {
  const base = { source: state.via, startedAtMs };
  switch (state.phase) {
    case "ready":
      return { phase: "ready", ...base, elapsedMs, readyAt: state.readyAt };
    case "timedOut":
      return { phase: "timedOut", ...base, elapsedMs, reason: state.reason, lastError: state.lastError };
    case "failed":
      return { phase: "failed", ...base, elapsedMs, error: state.error };
    case "connecting":
    case "streaming":
    case "checking":
    case "pausing":
      return { phase: state.heard ? "booting" : "connecting", ...base };
  }
}
