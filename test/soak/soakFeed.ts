import { startLagMeter } from "./lagMeter.js";
import { installPages } from "./pages.js";
import { rememberProcess } from "./processState.js";
import { type FeedRun, runFeed } from "./runFeed.js";

/** What a soak of the live feed came to. */
export interface FeedSoakReport {
  runs: readonly FeedRun[];
  /** What all of them together left behind in the process. */
  left: string | undefined;
}

/** Runs every seed against the live feed. After all of them the process must be as it was before. */
export async function soakFeed(seeds: readonly string[], parallel: number, onRun?: (run: FeedRun, done: number) => void): Promise<FeedSoakReport> {
  const before = rememberProcess();
  const lag = startLagMeter();
  const pages = installPages();
  const queue = [...seeds];
  const runs: FeedRun[] = [];
  const work = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const run = await runFeed(seed, lag, pages);
      runs.push(run);
      onRun?.(run, runs.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    lag.stop();
    pages.restore();
  }
  return { runs, left: await before.leftOver() };
}
