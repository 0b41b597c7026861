import type { Samples } from "./alternate.js";
import { median, percentile } from "./statistics.js";

/** How a contestant did: times in milliseconds, and how many times as long as the baseline it took in the same round. */
export interface Comparison {
  name: string;
  medianMs: number;
  p95Ms: number;
  ratio: number;
  ratioP5: number;
  ratioP95: number;
}

/** Holds each contestant against the one named `baseline`, round by round. */
export function compare(samples: Samples, baseline: string): Comparison[] {
  const base = samples.get(baseline);
  if (!base) throw new Error(`No contestant is named ${baseline}`);
  return [...samples].map(([name, times]) => {
    const ratios = times.map((time, round) => time / (base[round] ?? Number.NaN));
    return {
      name,
      medianMs: median(times),
      p95Ms: percentile(times, 0.95),
      ratio: median(ratios),
      ratioP5: percentile(ratios, 0.05),
      ratioP95: percentile(ratios, 0.95),
    };
  });
}
