/** Tells how late this process's timers were, so that a bound in time can allow for a busy machine. */
export interface LagMeter {
  /** The longest lag since a moment on the monotonic clock, in milliseconds. */
  worstSinceMs(fromMs: number): number;
  stop(): void;
}

const periodMs = 5;
const keptMs = 30_000;

/** Starts a meter; it runs until it is stopped. */
export function startLagMeter(): LagMeter {
  let lags: { atMs: number; lagMs: number }[] = [];
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const atMs = performance.now();
    const lagMs = atMs - lastMs - periodMs;
    lastMs = atMs;
    if (lagMs > 1) lags.push({ atMs, lagMs });
    if (lags.length > 20_000) lags = lags.filter((lag) => lag.atMs > atMs - keptMs);
  }, periodMs);
  return {
    worstSinceMs(fromMs) {
      // A lag that is still going on counts too.
      let worstMs = Math.max(0, performance.now() - lastMs - periodMs);
      for (let index = lags.length - 1; index >= 0; index -= 1) {
        const lag = lags[index];
        if (!lag || lag.atMs < fromMs) break;
        worstMs = Math.max(worstMs, lag.lagMs);
      }
      return worstMs;
    },
    stop: () => clearInterval(timer),
  };
}
