// Runs random fault schedules against the readiness engine: npm run soak -- --seed S --runs N. A run that fails prints its own
// seed; --only SEED runs that one again and shows what happened. With --feed the live feed is run instead.
import { parseArgs } from "node:util";
import { installJumpingClock } from "./jumpingClock.js";
import { judge } from "./judge.js";
import { startLagMeter } from "./lagMeter.js";
import { installPages } from "./pages.js";
import { type RunRecord, runOnce } from "./runOnce.js";
import { createFeedSchedule } from "./feedSchedule.js";
import { type Failure, soak } from "./soak.js";
import { soakFeed } from "./soakFeed.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    parallel: { type: "string", default: "24" },
    only: { type: "string" },
    feed: { type: "boolean", default: false },
  },
});

if (values.feed) await runFeeds();
else if (values.only === undefined) await runMany();
else await runAlone(values.only);

async function runMany(): Promise<void> {
  const runs = wholeNumber("runs", values.runs);
  const from = wholeNumber("from", values.from);
  const startedMs = performance.now();
  const report = await soak({
    seeds: Array.from({ length: runs }, (_, index) => `${values.seed}/${from + index}`),
    parallel: wholeNumber("parallel", values.parallel),
    onProgress(done, failures) {
      if (done % 500 === 0) console.log(`${done} runs, ${failures} failures, ${seconds(startedMs)} s`);
    },
  });
  for (const failure of report.failures.slice(0, 20)) show(failure);
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  console.log(`Outcomes: ${counts(report.outcomes)}`);
  console.log(`Faults on the wire: ${counts(report.faults)}`);
  console.log(`${report.requests} requests; worst lag of a timer ${report.worstLagMs.toFixed(0)} ms; ${seconds(startedMs)} s`);
  console.log(`${report.runs} runs, seeds ${values.seed}/${from} to ${values.seed}/${from + runs - 1}: ${report.failures.length} failures`);
  if (report.failures.length > 0) process.exitCode = 1;
}

/** The same for the live feed. */
async function runFeeds(): Promise<void> {
  const runs = wholeNumber("runs", values.runs);
  const from = wholeNumber("from", values.from);
  const seeds = values.only === undefined ? Array.from({ length: runs }, (_, index) => `${values.seed}/${from + index}`) : [values.only];
  const startedMs = performance.now();
  const { runs: done, left } = await soakFeed(seeds, wholeNumber("parallel", values.parallel), ({ seed, findings, trace }, count) => {
    if (findings.length > 0) console.log([`── ${seed}: ${findings.join("; ")}`, JSON.stringify(createFeedSchedule(seed)), ...trace].join("\n"));
    if (count % 250 === 0) console.log(`${count} runs, ${seconds(startedMs)} s`);
  });
  if (left !== undefined) console.log(`── left behind in the process: ${left}`);
  const failures = done.filter(({ findings }) => findings.length > 0).length + (left === undefined ? 0 : 1);
  const known = done.reduce((sum, run) => sum + run.known, 0);
  const requests = done.reduce((sum, run) => sum + run.requests, 0);
  const heldOpen = done.filter(({ wasHeldOpen }) => wasHeldOpen).length;
  console.log(`${known} sandboxes known to be ready, ${heldOpen} feeds held to be open after a wake-up, ${requests} requests, ${seconds(startedMs)} s`);
  console.log(`${done.length} runs of the live feed: ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}

async function runAlone(seed: string): Promise<void> {
  const lag = startLagMeter();
  const clock = installJumpingClock();
  const pages = installPages();
  try {
    const record = await runOnce(seed, { lag, clock, pages });
    const findings = judge(record);
    show({ seed, findings, record });
    if (findings.length > 0) process.exitCode = 1;
  } finally {
    lag.stop();
    clock.restore();
    pages.restore();
  }
}

function show({ seed, findings, record }: Failure): void {
  console.log(`\n── ${seed}: ${findings.length === 0 ? "all promises kept" : findings.join("; ")}`);
  if (!record) return;
  console.log(JSON.stringify(record.schedule));
  for (const line of trace(record)) console.log(`  ${line}`);
  console.log(`Again: npm run soak -- --only ${seed}`);
}

/** The run as lines in the order of time. */
function trace(record: RunRecord): string[] {
  const lines: { atMs: number; text: string }[] = [{ atMs: record.calmedAtMs, text: "calm" }];
  for (const request of record.requests) {
    const { channel, behaviour, status, retryAfterMs, atMs, endedAtMs, saidReadyAtMs, saidFailedAtMs, saidTimeoutAtMs } = request;
    lines.push({ atMs, text: `${channel}: ${behaviour}, ${status ?? "no status"}${retryAfterMs === undefined ? "" : `, retry after ${retryAfterMs} ms`}` });
    if (saidReadyAtMs !== undefined) lines.push({ atMs: saidReadyAtMs, text: `${channel}: said ready` });
    if (saidFailedAtMs !== undefined) lines.push({ atMs: saidFailedAtMs, text: `${channel}: said failed` });
    if (saidTimeoutAtMs !== undefined) lines.push({ atMs: saidTimeoutAtMs, text: `${channel}: said timeout` });
    if (endedAtMs !== undefined) lines.push({ atMs: endedAtMs, text: `${channel}: over` });
  }
  for (const atMs of record.wokenAtMs) lines.push({ atMs, text: "the page wakes up" });
  if (record.abortedAtMs !== undefined) lines.push({ atMs: record.abortedAtMs, text: "caller aborts" });
  lines.push({ atMs: record.endedAtMs, text: `client: ${JSON.stringify(record.outcome)} after ${record.phases.join(", ") || "its wait"}` });
  return [
    ...record.happened.map(({ connection, direction, fault }) => `connection ${connection}, ${direction}: ${JSON.stringify(fault)}`),
    ...lines
      .filter(({ atMs }) => Number.isFinite(atMs))
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ atMs, text }) => `${(atMs - record.startedAtMs).toFixed(1).padStart(8)} ms  ${text}`),
    `left: ${JSON.stringify(record.left)}; worst lag ${record.worstLagMs.toFixed(0)} ms`,
  ];
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number; it is "${text}".`);
  return value;
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(1);
}
