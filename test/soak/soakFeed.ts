import { startLagMeter } from "./lagMeter.js";
import { type FeedRun, runFeed } from "./runFeed.js";

/** Runs every seed against the live feed. */
export async function soakFeed(seeds: readonly string[], parallel: number, onRun?: (run: FeedRun, done: number) => void): Promise<FeedRun[]> {
  const lag = startLagMeter();
  const queue = [...seeds];
  const runs: FeedRun[] = [];
  const work = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const run = await runFeed(seed, lag);
      runs.push(run);
      onRun?.(run, runs.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    lag.stop();
  }
  return runs;
}
