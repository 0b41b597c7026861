import type { MiosaError } from "../errors.js";

/** Answer of the readiness probe. Spec `readiness`, contract 3.1. */
export interface Readiness {
  sandboxId: string;
  /** The ready predicate: the server said `ready: true` or `status: "ready"`. */
  ready: boolean;
  status: string | null;
  readyAt: string | null;
  [member: string]: unknown;
}

/** Where the newest word on a sandbox came from: the shared live feed, its own stream, or polling. */
export type ReadinessSource = "feed" | "stream" | "poll";

/**
 * What a watcher of one sandbox sees.
 *
 *     connecting ──► booting ──► ready
 *         │             ├──────► timedOut
 *         └─────────────┴──────► failed
 *
 * `ready`, `timedOut` and `failed` are final.
 */
export type ReadinessSnapshot =
  | { phase: "connecting" | "booting"; source: ReadinessSource; startedAtMs: number }
  | { phase: "ready"; source: ReadinessSource; startedAtMs: number; elapsedMs: number; readyAt: string | null }
  | {
      phase: "timedOut";
      source: ReadinessSource;
      startedAtMs: number;
      elapsedMs: number;
      /** What the server's `timeout` event said; null when the deadline passed first. */
      reason: string | null;
      /** The last failed request, when nothing was heard from the server after it: such as a server that is not there. */
      lastError?: MiosaError | undefined;
    }
  | { phase: "failed"; source: ReadinessSource; startedAtMs: number; elapsedMs: number; error: MiosaError };

/** Phases of a {@link ReadinessSnapshot}. */
export type ReadinessPhase = ReadinessSnapshot["phase"];

/** Options of `watchReadiness`. */
export interface WatchReadinessOptions {
  /** Deadline over stream and polling together, in milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** False never opens the stream and only polls. @default true */
  stream?: boolean | undefined;
  /** Pause between a poll's answer and the next poll, in milliseconds. @default 10 */
  pollIntervalMs?: number | undefined;
  /** A stream without a byte for this long counts as lost, in milliseconds. @default 45000 */
  idleTimeoutMs?: number | undefined;
  /** Stops the wait; it rejects with the signal's own reason and its connection is closed. */
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of `waitUntilReady`. */
export type WaitUntilReadyOptions = WatchReadinessOptions;
