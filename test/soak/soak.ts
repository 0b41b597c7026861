import { installJumpingClock } from "./jumpingClock.js";
import { judge } from "./judge.js";
import { startLagMeter } from "./lagMeter.js";
import { installPages } from "./pages.js";
import { rememberProcess } from "./processState.js";
import { type RunContext, type RunRecord, runOnce } from "./runOnce.js";

/** A run in which a promise was broken. */
export interface Failure {
  seed: string;
  findings: readonly string[];
  record: RunRecord | undefined;
}

/** What a soak came to. */
export interface SoakReport {
  runs: number;
  failures: readonly Failure[];
  /** How many runs ended in each way. */
  outcomes: Readonly<Record<string, number>>;
  /** How many faults of each kind happened on the wire. */
  faults: Readonly<Record<string, number>>;
  requests: number;
  worstLagMs: number;
}

/** Options of `soak`. */
export interface SoakOptions {
  seeds: readonly string[];
  /** Runs at a time. @default 24 */
  parallel?: number;
  onProgress?: (done: number, failures: number) => void;
}

const batchSize = 240;

/** Runs every seed and collects what went wrong. After each batch of runs the process must be as it was before it. */
export async function soak({ seeds, parallel = 24, onProgress }: SoakOptions): Promise<SoakReport> {
  const failures: Failure[] = [];
  const outcomes: Record<string, number> = {};
  const faults: Record<string, number> = {};
  let requests = 0;
  let worstLagMs = 0;
  let done = 0;

  async function runBatch(batch: readonly string[], atATime: number, report: boolean): Promise<string | undefined> {
    const before = rememberProcess();
    const context: RunContext = { lag: startLagMeter(), clock: installJumpingClock(), pages: installPages() };
    const queue = [...batch];
    const work = async (): Promise<void> => {
      for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
        const record = await runOnce(seed, context);
        if (report) take(record);
      }
    };
    try {
      await Promise.all(Array.from({ length: atATime }, work));
    } finally {
      context.lag.stop();
      context.clock.restore();
      context.pages.restore();
    }
    return before.leftOver();
  }

  function take(record: RunRecord): void {
    const { outcome, happened } = record;
    const findings = judge(record);
    if (findings.length > 0) failures.push({ seed: record.schedule.seed, findings, record });
    outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1;
    for (const { fault } of happened) faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
    requests += record.requests.length;
    worstLagMs = Math.max(worstLagMs, record.worstLagMs);
    done += 1;
    onProgress?.(done, failures.length);
  }

  for (let from = 0; from < seeds.length; from += batchSize) {
    const batch = seeds.slice(from, from + batchSize);
    const left = await runBatch(batch, parallel, true);
    if (left !== undefined) failures.push(await blame(batch, left));
  }

  /** Finds the run that leaks by halves. Where no half does it again, the failure names them all. */
  async function blame(batch: readonly string[], left: string): Promise<Failure> {
    const middle = Math.ceil(batch.length / 2);
    for (const half of batch.length > 1 ? [batch.slice(0, middle), batch.slice(middle)] : []) {
      const again = await runBatch(half, parallel, false);
      if (again !== undefined) return blame(half, again);
    }
    const seed = batch.length === 1 ? `${batch[0]}` : `${batch[0]} to ${batch.at(-1)}`;
    return { seed, findings: [`left behind in the process: ${left}`], record: undefined };
  }

  return { runs: done, failures, outcomes, faults, requests, worstLagMs };
}
