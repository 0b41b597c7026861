/** A timer that has not fired yet. */
export interface Timer {
  stop(): void;
}

/** Calls `onElapsed` once, `delayMs` from now. The one place where the gateway sets a timer. */
export function startTimer(delayMs: number, onElapsed: () => void): Timer {
  // setTimeout counts in 32 bits and fires at once past them.
  const timer = setTimeout(onElapsed, Math.min(Math.max(delayMs, 0), 2_147_483_647));
  return { stop: () => clearTimeout(timer) };
}

/** A signal that aborts with any of its sources or after a while, and that must be let go with `done`. */
export interface Deadline {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Detaches from the sources and stops the timer. Safe to call twice. */
  done(): void;
}

/** Joins signals and a deadline, `afterMs` from now, into one signal. */
export function createDeadline(sources: readonly (AbortSignal | undefined)[], afterMs?: number): Deadline {
  const controller = new AbortController();
  const abort = (reason?: unknown): void => {
    done();
    controller.abort(reason);
  };
  const onSource = (): void => abort(sources.find((source) => source?.aborted)?.reason);
  const timer =
    afterMs === undefined
      ? undefined
      : startTimer(afterMs, () => abort(new DOMException("The deadline has passed.", "TimeoutError")));
  const done = (): void => {
    timer?.stop();
    for (const source of sources) source?.removeEventListener("abort", onSource);
  };
  for (const source of sources) source?.addEventListener("abort", onSource, { once: true });
  if (sources.some((source) => source?.aborted)) onSource();
  return { signal: controller.signal, abort, done };
}

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      timer.stop();
      signal.removeEventListener("abort", settle);
      resolve();
    };
    const timer = startTimer(delayMs, settle);
    if (signal.aborted) settle();
    else signal.addEventListener("abort", settle, { once: true });
  });
}

/** The promise's outcome, or a `TimeoutError` when it takes longer than `ms`. */
export function within<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(ms, () => reject(new DOMException("It took too long.", "TimeoutError")));
    promise.then(resolve, reject).finally(() => timer.stop());
  });
}
