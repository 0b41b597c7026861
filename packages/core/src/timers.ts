import { TimeoutError } from "./errors.js";

/** Longest delay that `setTimeout` keeps; a longer one fires at once. */
const longestTimerMs = 2_147_483_647;

/** A timer that can be stopped and never holds a finite process open for longer than its delay. */
export interface Timer {
  stop(): void;
}

/** The one place where timers are made. An infinite delay makes none. */
export function startTimer(delayMs: number, run: () => void): Timer {
  if (delayMs === Number.POSITIVE_INFINITY) return { stop: () => undefined };
  const id = setTimeout(run, Math.min(Math.max(delayMs, 0), longestTimerMs));
  return { stop: () => clearTimeout(id) };
}

/** Monotonic clock in milliseconds; jumps of the wall clock do not reach it. */
export function monotonicNowMs(): number {
  return performance.now();
}

/** Everyone who waits for one signal's abort. */
class AbortWaits {
  readonly runs = new Set<() => void>();
  handleEvent(): void {
    for (const run of this.runs) run();
  }
}

const abortWaits = new WeakMap<AbortSignal, AbortWaits>();

/**
 * Runs `run` when the signal aborts, at once if it has; the returned function takes it back. A signal gets one listener, however
 * many calls share it: Node warns of more than ten.
 */
export function onAbort(signal: AbortSignal | undefined, run: () => void): () => void {
  if (signal?.aborted) run();
  if (!signal || signal.aborted) return () => undefined;
  const waits = abortWaits.get(signal) ?? new AbortWaits();
  abortWaits.set(signal, waits);
  signal.addEventListener("abort", waits); // which does nothing for one that it has
  waits.runs.add(run);
  return () => {
    waits.runs.delete(run);
    if (waits.runs.size === 0) signal.removeEventListener("abort", waits);
  };
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts. */
export async function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  let timer: Timer | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = startTimer(delayMs, resolve);
  });
  try {
    await raceSignal(slept, signal);
  } finally {
    timer?.stop();
  }
}

/** The end of one call or wait: after `timeoutMs`, or when the caller aborts, whichever is first. */
export interface Deadline {
  /** Aborts at the end. Hand it to `fetch`; never read its reason to decide anything: some runtimes drop it. */
  readonly signal: AbortSignal;
  /** True once the time ran out, as opposed to an abort by the caller. */
  readonly expired: boolean;
  remainingMs(): number;
  /** Settles like `work`, or rejects at the end, even if `work` ignores its signal. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends it without an abort: stops the timer and lets go of the caller's signal. */
  dispose(): void;
}

/** Makes the one {@link Deadline} of a call. It has its own controller, so that a long-lived caller signal gathers no listeners. */
export function createDeadline(timeoutMs: number, callerSignal: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const endsAtMs = monotonicNowMs() + timeoutMs;
  let expired = false;
  const timer = startTimer(timeoutMs, () => {
    expired = true;
    controller.abort(new TimeoutError(`Timed out after ${timeoutMs} ms.`, { code: "TIMEOUT" }));
  });
  const stopListening = onAbort(callerSignal, () => controller.abort(callerSignal?.reason));
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    remainingMs: () => Math.max(0, endsAtMs - monotonicNowMs()),
    race: (work) => raceSignal(work, controller.signal),
    dispose() {
      timer.stop();
      stopListening();
    },
  };
}

/** Settles like `work`, or rejects with the signal's reason once it aborts. */
export async function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    void work.catch(() => undefined); // nobody waits for it any more; its failure is the abort's doing
    throw signal.reason;
  }
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stopListening();
  }
}
