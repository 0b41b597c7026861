import type { Failure, Progress, ReadinessClock, ReadinessEvent, ReadinessState } from "../src/readiness/readinessState.js";
import { ApiError, NetworkError } from "../src/errors.js";

/** Phases of the readiness machine. */
export type Phase = ReadinessState["phase"];
/** Types of its events. */
export type EventType = ReadinessEvent["type"];
type StateIn<P extends Phase> = Extract<ReadinessState, { phase: P }>;

export const earlierError = new NetworkError("An earlier request got no answer.", { code: "NETWORK_ERROR" });
export const finalError = new ApiError("The key is not accepted.", { code: "UNAUTHORIZED", status: 401 });
export const limitedError = new ApiError("Too many requests.", { code: "RATE_LIMITED", status: 429, retryAfterMs: 2_000 });
export const silentError = new NetworkError("Silent.", { code: "IDLE_TIMEOUT" });
export const lostError = new NetworkError("Cut off.", { code: "STREAM_LOST" });
export const sandboxError = new ApiError("The sandbox failed to start.", { code: "SANDBOX_FAILED" });

/** When the sampled events happen. */
export const clock: ReadinessClock = { nowMs: 100_000, random: 0.5, pollIntervalMs: 10 };

/** Every member differs from where a wait begins, so that a lost or reset one shows. */
export const past: Progress = {
  via: "poll",
  heard: false,
  stream: "usable",
  streamLosses: 2,
  reopenAtMs: 90_000,
  pollFailures: 3,
  lastError: earlierError,
};

/** One state of each phase. */
export const states: { readonly [P in Phase]: StateIn<P> } = {
  connecting: { ...past, phase: "connecting" },
  streaming: { ...past, phase: "streaming", via: "stream", openedAtMs: 99_000 },
  checking: { ...past, phase: "checking" },
  pausing: { ...past, phase: "pausing", untilMs: 100_000, askedBy: null },
  ready: { phase: "ready", via: "stream", readyAt: "2026-06-01T10:00:01Z" },
  timedOut: { phase: "timedOut", via: "poll", reason: "not_ready_after_30s", lastError: undefined },
  failed: { phase: "failed", via: "poll", error: sandboxError },
};

/** One failure of each kind. */
export const failures: { readonly [Kind in Failure["kind"]]: Extract<Failure, { kind: Kind }> } = {
  final: { kind: "final", error: finalError },
  unsupported: { kind: "unsupported" },
  rateLimited: { kind: "rateLimited", retryAfterMs: 2_000, error: limitedError },
  silent: { kind: "silent", error: silentError },
  transient: { kind: "transient", error: lostError },
};

/** One event of each type, or one for each kind of failure. */
export const events: { readonly [Type in EventType]: readonly Extract<ReadinessEvent, { type: Type }>[] } = {
  streamOpened: [{ type: "streamOpened" }],
  streamFailed: Object.values(failures).map((failure) => ({ type: "streamFailed", failure })),
  streamEnded: [{ type: "streamEnded" }],
  readyFrame: [{ type: "readyFrame", readyAt: "2026-06-01T10:00:02Z" }],
  timeoutFrame: [{ type: "timeoutFrame", reason: "not_ready" }],
  saidReady: [{ type: "saidReady", readyAt: "2026-06-01T10:00:03Z" }],
  saidNotReady: [{ type: "saidNotReady" }],
  saidFailed: [{ type: "saidFailed", error: sandboxError }],
  pollFailed: Object.values(failures).map((failure) => ({ type: "pollFailed", failure })),
  slept: [{ type: "slept" }],
  woken: [{ type: "woken" }],
  deadlinePassed: [{ type: "deadlinePassed" }],
};
