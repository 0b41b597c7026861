import { createLiveFeed, createMiosaClient, type LiveFeed, type ReadinessPhase } from "@miosa/core";
import { createFaultProxy } from "@miosa/local/testing";
import { createConnectionFaults } from "./connectionFaults.js";
import { type FeedOrigin, startFeedOrigin } from "./feedOrigin.js";
import { createFeedSchedule, type FeedSchedule } from "./feedSchedule.js";
import type { LagMeter } from "./lagMeter.js";

/** What came of one run of the live feed. */
export interface FeedRun {
  seed: string;
  findings: readonly string[];
  /** What happened, in the order of time, where something was found. */
  trace: readonly string[];
  requests: number;
  known: number;
}

/**
 * How long after the calm, and after it became ready, a sandbox may at most be unknown, in milliseconds: the longest pause between two
 * rounds of the polling loop (ten times its interval), a call's own deadline, the longest pause of a lone stream's poll, and some.
 */
const pollIntervalMs = 50;
const callTimeoutMs = 1_000;
const recoveryMs = 10 * pollIntervalMs * 1.2 + 2 * callTimeoutMs + 2_000 + 500;

/** Runs the feed schedule of a seed, and holds it to its promises. */
export async function runFeed(seed: string, lag: LagMeter): Promise<FeedRun> {
  const schedule = createFeedSchedule(seed);
  const origin = await startFeedOrigin(schedule);
  const proxy = await createFaultProxy({
    targetPort: origin.port,
    seed,
    faults: ({ index, random }) => createConnectionFaults(schedule.connections[index] ?? "none", random),
  });
  const findings: string[] = [];
  const miosa = createMiosaClient({ baseUrl: proxy.url, apiKey: "msk_soak_0000000000000000", timeoutMs: callTimeoutMs });
  const feed = createLiveFeed(miosa, { timeoutMs: 60_000, pollIntervalMs });
  const changes: { atMs: number; text: string }[] = [];
  const note = (text: string): void => void changes.push({ atMs: performance.now(), text });
  feed.onStatus(() => note(`feed ${feed.status().phase}`));
  const startedAtMs = performance.now();
  origin.start();
  const calm = setTimeout(() => {
    origin.calm();
    proxy.calm();
  }, schedule.calmAtMs);
  const waits = schedule.sandboxes.map((sandbox) => watchOne({ feed, origin, schedule, note, find: (text) => findings.push(text) }, sandbox));
  const known = (await Promise.all(waits)).filter((phase) => phase === "ready").length;
  clearTimeout(calm);
  const lateMs = performance.now() - startedAtMs - lastMs(schedule) - recoveryMs - 4 * lag.worstSinceMs(startedAtMs);
  if (lateMs > 0) findings.push(`knew all ${lateMs.toFixed(0)} ms too late`);
  feed.close();
  const cleanByMs = performance.now() + 2_000;
  const left = (): number => origin.inFlight() + proxy.connections().sockets - proxy.connections().unused;
  while (left() > 0 && performance.now() < cleanByMs) {
    await new Promise((resolve) => setTimeout(resolve, 4));
    if (schedule.keepAlive) origin.closeIdle();
  }
  if (left() > 0) findings.push(`left ${left()} requests and sockets open`);
  await proxy.close();
  await origin.close();
  const since = (atMs: number | undefined): string => (atMs === undefined ? "never" : `${(atMs - startedAtMs).toFixed(0)} ms`);
  const trace = [
    ...proxy.happened().map(({ connection, direction, fault }) => `connection ${connection}, ${direction}: ${JSON.stringify(fault)}`),
    ...Array.from(origin.readyAtMs, ([id, atMs]) => `${since(atMs)}: ${id} is ready`),
    ...origin.requests.map(({ path, atMs, status, endedAtMs }) => `${since(atMs)} to ${since(endedAtMs)}: ${path}, ${status ?? "no status"}`),
    ...changes.map(({ atMs, text }) => `${since(atMs)}: ${text}`),
  ];
  return { seed, findings, trace: findings.length > 0 ? trace : [], requests: origin.requests.length, known };
}

interface Scene {
  feed: LiveFeed;
  origin: FeedOrigin;
  schedule: FeedSchedule;
  note: (text: string) => void;
  find: (text: string) => void;
}

/** Watches one sandbox until it is ready, or for as long as it takes to be sure that it stays as it is. */
async function watchOne(
  { feed, origin, schedule, note, find }: Scene,
  { id, readyAtMs, watchedAtMs }: FeedSchedule["sandboxes"][number],
): Promise<ReadinessPhase> {
  await new Promise((resolve) => setTimeout(resolve, watchedAtMs));
  const watch = feed.watch(id);
  const limitMs = readyAtMs === undefined ? lastMs(schedule) : 30_000;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
    watch.onChange(() => {
      const state = watch.get();
      note(`${id}: ${state.phase} by ${state.source}`);
      if (watch.get().phase === "ready") resolve();
    });
  });
  clearTimeout(timer);
  const { phase } = watch.get();
  if (phase === "ready" && !origin.readyAtMs.has(id)) find(`${id} is ready, though the server never said so`);
  if (phase !== "ready" && readyAtMs !== undefined) find(`missed that ${id} is ready: ${phase}`);
  if (phase === "failed" || phase === "timedOut") find(`${id} ended as ${phase} for no reason`);
  return phase;
}

/** When all that is scheduled has happened. */
function lastMs({ sandboxes, calmAtMs }: FeedSchedule): number {
  return Math.max(calmAtMs, ...sandboxes.flatMap(({ readyAtMs = 0, watchedAtMs }) => [readyAtMs, watchedAtMs]));
}
