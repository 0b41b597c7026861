import type { MiosaError } from "../errors.js";
import { backoffMs } from "../http/retryDelay.js";

/**
 * The wait for one sandbox as a pure state machine: no timer, no request. `docs/readiness.md` has the full table.
 *
 *                    ┌────────────── pausing ◄─────────────┐
 *     reopen is due  │                  │ slept           │ not ready / failed poll
 *     or woken       ▼                  ▼                 │
 *               connecting ──────► checking ─────────────►┘
 *                 │    ▲  refused      ▲
 *          opened │    │ woken         │ cut off, silent, ended
 *                 ▼    │               │
 *               streaming ─────────────┘
 *
 *     any ──► ready | timedOut | failed
 */
export type ReadinessState =
  | ({ phase: "connecting" } & Progress)
  | ({ phase: "streaming"; openedAtMs: number } & Progress)
  | ({ phase: "checking" } & Progress)
  | ({ phase: "pausing"; untilMs: number; askedBy: Via | null } & Progress)
  | FinalReadinessState;

/** States that nothing leaves. */
export type FinalReadinessState =
  | { phase: "ready"; via: Via; readyAt: string | null }
  | { phase: "timedOut"; via: Via; reason: string | null; lastError: MiosaError | undefined }
  | { phase: "failed"; via: Via; error: MiosaError };

/** The stream or a poll: what a state was learned from, or which of them was told to slow down. */
type Via = "stream" | "poll";

/** What a wait remembers while it goes on. */
export interface Progress {
  via: Via;
  /** True once the server has said anything about the sandbox. */
  heard: boolean;
  /** Whether a lost stream is opened again: `lastResort` only while polls fail, as it fell silent before. */
  stream: "usable" | "lastResort" | "unusable";
  /** Streams refused or soon lost in a row; the next one is opened after a backoff that grows with it. */
  streamLosses: number;
  /** When a lost stream may be opened again, on the monotonic clock. */
  reopenAtMs: number;
  /** Polls failed in a row. */
  pollFailures: number;
  /** The last failed request, until the server is heard again: what to tell when the time runs out. */
  lastError: MiosaError | undefined;
}

/** Why a stream or a poll failed, as far as it matters here. */
export type Failure =
  | { kind: "final"; error: MiosaError }
  | { kind: "unsupported" }
  | { kind: "rateLimited"; retryAfterMs: number | undefined; error: MiosaError }
  | { kind: "silent"; error: MiosaError }
  | { kind: "transient"; error: MiosaError | undefined };

/** Everything that can happen to a wait. */
export type ReadinessEvent =
  | { type: "streamOpened" }
  | { type: "streamFailed"; failure: Failure }
  | { type: "streamEnded" }
  | { type: "readyFrame"; readyAt: string | null }
  | { type: "timeoutFrame"; reason: string | null }
  | { type: "saidReady"; readyAt: string | null }
  | { type: "saidNotReady" }
  | { type: "saidFailed"; error: MiosaError }
  | { type: "pollFailed"; failure: Failure }
  | { type: "slept" }
  | { type: "woken" }
  | { type: "deadlinePassed" };

/** What `next` may look at beside state and event. */
export interface ReadinessClock {
  nowMs: number;
  /** In [0, 1). */
  random: number;
  pollIntervalMs: number;
}

/** Rate limits without a `Retry-After` wait this long, in milliseconds. */
export const unnamedRetryAfterMs = 1_000;
/** A stream that lasted this long was healthy: its loss does not count towards the backoff, in milliseconds. */
const healthyStreamMs = 5_000;
/** So many polls must fail in a row before a stream that fell silent is tried again. */
export const failuresBeforeLastResort = 3;
const pollBackoff = { baseMs: 100, capMs: 2_000 };
const reopenBackoff = { baseMs: 1_000, capMs: 30_000 };

/** The state in which a wait begins. */
export function initialReadinessState(options: { stream: boolean }): ReadinessState {
  return {
    phase: options.stream ? "connecting" : "checking",
    via: options.stream ? "stream" : "poll",
    heard: false,
    stream: options.stream ? "usable" : "unusable",
    streamLosses: 0,
    reopenAtMs: 0,
    pollFailures: 0,
    lastError: undefined,
  };
}

/** True for the states that nothing leaves. */
export function isFinal(state: ReadinessState): state is FinalReadinessState {
  return state.phase === "ready" || state.phase === "timedOut" || state.phase === "failed";
}

/** The state after an event. An event that means nothing in a state leaves it as it is. */
export function next(state: ReadinessState, event: ReadinessEvent, clock: ReadinessClock): ReadinessState {
  if (isFinal(state)) return state;
  const { via } = state;
  switch (event.type) {
    case "deadlinePassed":
      return { phase: "timedOut", via, reason: null, lastError: state.lastError };
    case "timeoutFrame":
      return { phase: "timedOut", via: "stream", reason: event.reason, lastError: undefined };
    case "readyFrame":
      return { phase: "ready", via: "stream", readyAt: event.readyAt };
    case "saidReady":
      return { phase: "ready", via: "poll", readyAt: event.readyAt };
    case "saidFailed":
      return { phase: "failed", via, error: event.error };
    case "streamOpened":
      return state.phase === "connecting"
        ? { ...state, phase: "streaming", via: "stream", heard: true, lastError: undefined, openedAtMs: clock.nowMs }
        : state;
    case "streamEnded":
      return isOnStream(state) ? afterStreamLoss(state, { kind: "transient", error: undefined }, clock) : state;
    case "streamFailed":
      return isOnStream(state) ? afterStreamLoss(state, event.failure, clock) : state;
    case "saidNotReady":
      return state.phase === "checking" ? afterNotReady(state, clock) : state;
    case "pollFailed":
      return state.phase === "checking" ? afterPollFailure(state, event.failure, clock) : state;
    case "slept":
      return state.phase === "pausing" ? afterPause(state, clock.nowMs) : state;
    case "woken":
      return afterWake(state);
  }
}

type Waiting = Exclude<ReadinessState, FinalReadinessState>;

function isOnStream(state: Waiting): boolean {
  return state.phase === "connecting" || state.phase === "streaming";
}

function afterStreamLoss(state: Waiting, failure: Failure, clock: ReadinessClock): ReadinessState {
  if (failure.kind === "final") return { phase: "failed", via: "stream", error: failure.error };
  const wasHealthy = state.phase === "streaming" && clock.nowMs - state.openedAtMs >= healthyStreamMs;
  const streamLosses = wasHealthy ? 1 : state.streamLosses + 1;
  const polling: Progress = {
    ...progressOf(state),
    via: "poll",
    stream: streamAfter(state, failure),
    streamLosses,
    reopenAtMs: clock.nowMs + backoffMs(reopenBackoff, streamLosses, clock.random),
    lastError: errorOf(failure) ?? state.lastError,
  };
  if (failure.kind !== "rateLimited") return { ...polling, phase: "checking" };
  return { ...polling, phase: "pausing", untilMs: clock.nowMs + askedDelayMs(failure.retryAfterMs, clock), askedBy: "stream" };
}

function afterNotReady(state: Waiting, clock: ReadinessClock): ReadinessState {
  const progress: Progress = { ...progressOf(state), heard: true, pollFailures: 0, lastError: undefined };
  return { ...progress, phase: "pausing", untilMs: clock.nowMs + clock.pollIntervalMs, askedBy: null };
}

/** A stream that falls silent would do so again and hide the answer for a whole idle timeout: while polls work, they are surer. */
function streamAfter({ stream }: Waiting, failure: Failure): Progress["stream"] {
  if (failure.kind === "unsupported") return "unusable";
  return failure.kind === "silent" && stream === "usable" ? "lastResort" : stream;
}

function afterPollFailure(state: Waiting, failure: Failure, clock: ReadinessClock): ReadinessState {
  if (failure.kind === "final") return { phase: "failed", via: "poll", error: failure.error };
  const pollFailures = state.pollFailures + 1;
  const isAsked = failure.kind === "rateLimited";
  const delayMs = isAsked
    ? askedDelayMs(failure.retryAfterMs, clock)
    : Math.max(clock.pollIntervalMs, backoffMs(pollBackoff, pollFailures, clock.random));
  const lastError = errorOf(failure) ?? state.lastError;
  const untilMs = clock.nowMs + delayMs;
  return { ...progressOf(state), phase: "pausing", pollFailures, lastError, untilMs, askedBy: isAsked ? "poll" : null };
}

/** What the server asked for, but never less than the pause between polls: `Retry-After: 0` must not start a storm. */
function askedDelayMs(retryAfterMs: number | undefined, clock: ReadinessClock): number {
  return Math.max(clock.pollIntervalMs, retryAfterMs ?? unnamedRetryAfterMs);
}

function errorOf(failure: Failure): MiosaError | undefined {
  return failure.kind === "unsupported" ? undefined : failure.error;
}

function afterPause(state: Extract<Waiting, { phase: "pausing" }>, nowMs: number): ReadinessState {
  // A refused stream is followed by a poll, always: a stream that is refused each time must not hide the answer.
  const isWorthIt = state.stream === "usable" || (state.stream === "lastResort" && state.pollFailures >= failuresBeforeLastResort);
  const reopens = isWorthIt && nowMs >= state.reopenAtMs && state.askedBy !== "stream";
  return { ...progressOf(state), phase: reopens ? "connecting" : "checking" };
}

/** After sleep or a lost network a connection may be dead without a sign: whatever was waiting asks afresh at once. */
function afterWake(state: Waiting): ReadinessState {
  const isAsking = state.phase === "connecting" || state.phase === "checking";
  if (isAsking || (state.phase === "pausing" && state.askedBy !== null)) return state;
  return { ...progressOf(state), phase: state.stream === "usable" ? "connecting" : "checking" };
}

function progressOf(state: Waiting): Progress {
  const { via, heard, stream, streamLosses, reopenAtMs, pollFailures, lastError } = state;
  return { via, heard, stream, streamLosses, reopenAtMs, pollFailures, lastError };
}
