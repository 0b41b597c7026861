import { createLiveFeed, createMiosaClient, type LiveFeed } from "@miosa/core";
import { createFaultProxy } from "@miosa/local/testing";
import { patienceMs } from "../patience.js";
import { createConnectionFaults } from "./connectionFaults.js";
import { startFeedOrigin } from "./feedOrigin.js";
import { createFeedSchedule, feedScheduleEndMs, type FeedSchedule } from "./feedSchedule.js";
import { type FeedVisitors, visitFeed } from "./feedVisitors.js";
import type { LagMeter } from "./lagMeter.js";
import type { Pages } from "./pages.js";
import { takePageSteps } from "./pageSteps.js";
import { pauseMs, until } from "./until.js";

/** What came of one run of the live feed. */
export interface FeedRun {
  seed: string;
  findings: readonly string[];
  /** What happened, in the order of time, where something was found. */
  trace: readonly string[];
  requests: number;
  known: number;
  /** True where the feed was held to be open after the last wake-up. */
  wasHeldOpen: boolean;
}

/**
 * How long after the calm, and after it became ready, a sandbox may at most be unknown, in milliseconds: the longest pause between two
 * rounds of the polling loop (ten times its interval), a call's own deadline, the longest pause of a lone stream's poll, and some.
 */
const pollIntervalMs = 50;
const callTimeoutMs = 1_000;
const recoveryMs = 10 * pollIntervalMs * 1.2 + 2 * callTimeoutMs + 2_000 + 500;
/** A lone stream's request that a sleep has swallowed goes on for this long. */
const longestOpeningMs = 5_000;
/** A feed is open again so soon after a wake-up: a pause that the server asked for, and the request. */
const reopenMs = 1_000;

/** Runs the feed schedule of a seed, and holds it to its promises. */
export async function runFeed(seed: string, lag: LagMeter, pages: Pages): Promise<FeedRun> {
  const schedule = createFeedSchedule(seed);
  const { lingerMs, idleTimeoutMs } = schedule;
  const origin = await startFeedOrigin(schedule);
  const proxy = await createFaultProxy({
    targetPort: origin.port,
    seed,
    faults: ({ index, random }) => createConnectionFaults(schedule.connections[index] ?? "none", random),
  });
  const findings: string[] = [];
  const find = (text: string): void => void findings.push(text);
  const page = pages.open();
  const changes: { atMs: number; text: string }[] = [];
  const note = (text: string): void => void changes.push({ atMs: performance.now(), text });
  const startedAtMs = performance.now();
  const graceMs = (): number => 4 * lag.worstSinceMs(startedAtMs);
  let calmedAtMs = Number.POSITIVE_INFINITY;
  setTimeout(() => {
    calmedAtMs = performance.now();
    origin.calm();
    proxy.calm();
  }, schedule.calmAtMs);
  origin.start();
  const steps = takePageSteps(schedule.page, page, origin);

  const feed = page.run(() => {
    const miosa = createMiosaClient({ baseUrl: proxy.url, apiKey: "msk_soak_0000000000000000", timeoutMs: callTimeoutMs });
    return createLiveFeed(miosa, { timeoutMs: 60_000, pollIntervalMs, lingerMs, idleTimeoutMs });
  });
  feed.onStatus(() => note(`feed ${feed.status().phase}`));
  const visitors = page.run(() => visitFeed({ feed, origin, schedule, note, find }));
  const known = await visitors.known;
  const isSwallowed = schedule.page.some((step) => step.kind === "sleep" && step.swallows);
  const endMs = feedScheduleEndMs(schedule);
  const lateMs = performance.now() - startedAtMs - endMs - recoveryMs - (isSwallowed ? longestOpeningMs : 0) - graceMs();
  if (lateMs > 0) find(`knew all ${lateMs.toFixed(0)} ms too late`);
  await pauseMs(startedAtMs + endMs - performance.now());
  if (!(await until(() => steps.areOver() && calmedAtMs < Number.POSITIVE_INFINITY, () => startedAtMs + endMs + patienceMs))) find("did not come to its end");

  const lastWakeMs = Math.max(0, ...steps.wokenAtMs);
  const wasHeldOpen = isWanted(schedule) && !schedule.feedRefusals.includes(404) && lastWakeMs > calmedAtMs;
  if (wasHeldOpen && !(await until(() => feed.status().phase === "open", () => startedAtMs + endMs + reopenMs + graceMs()))) {
    find(`the feed is ${feed.status().phase} ${(performance.now() - lastWakeMs).toFixed(0)} ms after a wake-up`);
  }
  if (feed.status().phase === "open" && !(await until(() => visitors.unheard().length === 0, () => performance.now() + reopenMs + graceMs()))) {
    find(`neither an event nor a gap told the listener of ${visitors.unheard().join(", ")}`);
  }
  await leave({ feed, visitors, schedule, wake: () => page.wakeUp("online"), graceMs: graceMs(), find });
  feed.close();

  const left = (): number => origin.inFlight() + proxy.connections().sockets - proxy.connections().unused + page.listeners();
  const cleanByMs = performance.now() + patienceMs;
  const isClean = await until(() => {
    if (schedule.keepAlive) origin.closeIdle();
    return left() === 0;
  }, () => cleanByMs);
  if (!isClean) find(`left ${left()} requests, sockets and listeners on the page`);
  await proxy.close();
  await origin.close();
  const since = (atMs: number | undefined): string => (atMs === undefined ? "never" : `${(atMs - startedAtMs).toFixed(0)} ms`);
  const trace = [
    ...proxy.happened().map(({ connection, direction, fault }) => `connection ${connection}, ${direction}: ${JSON.stringify(fault)}`),
    ...Array.from(origin.readyAtMs, ([id, atMs]) => `${since(atMs)}: ${id} is ready`),
    ...steps.wokenAtMs.map((atMs) => `${since(atMs)}: the page wakes up`),
    ...origin.requests.map(({ path, atMs, status, endedAtMs }) => `${since(atMs)} to ${since(endedAtMs)}: ${path}, ${status ?? "no status"}`),
    ...changes.map(({ atMs, text }) => `${since(atMs)}: ${text}`),
  ];
  return { seed, findings, trace: findings.length > 0 ? trace : [], requests: origin.requests.length, known, wasHeldOpen };
}

/** True where the feed has something to carry in the end. */
function isWanted({ sandboxes, listener }: FeedSchedule): boolean {
  return sandboxes.length > 2 || listener !== undefined;
}

interface Leaving {
  feed: LiveFeed;
  visitors: FeedVisitors;
  schedule: FeedSchedule;
  wake: () => void;
  graceMs: number;
  find: (text: string) => void;
}

/** Lets everybody go: the connection stays for as long as it lingers, whatever happens meanwhile, and no longer. */
async function leave({ feed, visitors, schedule: { lingerMs, lastWakeInMs }, wake, graceMs, find }: Leaving): Promise<void> {
  const wasIdle = feed.status().phase === "idle";
  const leftAtMs = performance.now();
  visitors.leave();
  if (lastWakeInMs !== undefined) {
    await pauseMs(lastWakeInMs);
    wake();
  }
  if (!(await until(() => feed.status().phase === "idle", () => leftAtMs + lingerMs + reopenMs + graceMs))) find(`lingers for more than ${lingerMs} ms`);
  if (!wasIdle && lastWakeInMs === undefined && performance.now() - leftAtMs < lingerMs - 1) find(`lingers for less than ${lingerMs} ms`);
}
