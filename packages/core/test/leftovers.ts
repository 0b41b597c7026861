import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { patienceMs } from "../../../test/patience.js";

/** Collects garbage now; what only a weak reference holds is gone after it. */
export function collectGarbage(): void {
  if (!globalThis.gc) throw new Error("Run this test with --expose-gc.");
  globalThis.gc();
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

/** How many timers keep the process alive when all is quiet: those of the test runner that come and go are left out. */
export async function countLastingTimers(): Promise<number> {
  let fewest = countTimers();
  for (let look = 0; look < 20; look += 1) {
    await sleep(5);
    fewest = Math.min(fewest, countTimers());
  }
  return fewest;
}

/** How many listeners wait for the abort of a signal. */
export function countAbortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** Throws unless the timers that keep the process alive come down to those there were before. */
export async function expectNoMoreTimersThan(before: number): Promise<void> {
  const endsAtMs = performance.now() + patienceMs;
  while (countTimers() > before) {
    if (performance.now() > endsAtMs) throw new Error(`${countTimers() - before} timers more than before are still running.`);
    await sleep(5);
  }
}
