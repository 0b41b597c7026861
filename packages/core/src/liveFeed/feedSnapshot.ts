import type { MiosaError } from "../errors.js";
import type { ReadinessSnapshot, ReadinessSource } from "../readiness/types.js";

/** Something learned about one sandbox, from an event, a check or a stream. */
export type Knowledge =
  | { kind: "booting" }
  | { kind: "ready"; readyAt: string | null }
  | { kind: "timedOut"; reason: string | null }
  | { kind: "failed"; error: MiosaError };

/** When and how something was learned. */
export interface Learned {
  source: ReadinessSource;
  /** Time since the wait began, in milliseconds. */
  elapsedMs: number;
}

/** True while the wait for this sandbox goes on. */
export function isWaiting(snapshot: ReadinessSnapshot): boolean {
  return snapshot.phase === "connecting" || snapshot.phase === "booting";
}

/**
 * The state after learning something; the same object when it changes nothing. Replies overtake each other, so states only
 * move forward: a late "booting" undoes nothing, `timedOut` still becomes `ready`, a ready sandbox can only fail
 * (be destroyed), and a failed one stays failed.
 */
export function learn(snapshot: ReadinessSnapshot, knowledge: Knowledge, { source, elapsedMs }: Learned): ReadinessSnapshot {
  const { phase, startedAtMs } = snapshot;
  if (phase === "failed") return snapshot;
  switch (knowledge.kind) {
    case "booting":
      if (!isWaiting(snapshot) || (phase === "booting" && snapshot.source === source)) return snapshot;
      return { phase: "booting", source, startedAtMs };
    case "ready":
      if (phase === "ready") return snapshot;
      return { phase: "ready", source, startedAtMs, elapsedMs, readyAt: knowledge.readyAt };
    case "timedOut":
      if (!isWaiting(snapshot)) return snapshot;
      return { phase: "timedOut", source, startedAtMs, elapsedMs, reason: knowledge.reason };
    case "failed":
      return { phase: "failed", source, startedAtMs, elapsedMs, error: knowledge.error };
  }
}
