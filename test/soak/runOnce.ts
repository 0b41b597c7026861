import { getEventListeners } from "node:events";
import { createMiosaClient, isMiosaError, type ReadinessSnapshot } from "@miosa/core";
import { createFaultProxy, type FaultProxy, type FaultRecord } from "@miosa/local/testing";
import { patienceMs } from "../patience.js";
import { createConnectionFaults } from "./connectionFaults.js";
import type { JumpingClock } from "./jumpingClock.js";
import type { LagMeter } from "./lagMeter.js";
import { type Origin, type OriginRequest, startOrigin } from "./origin.js";
import type { Pages } from "./pages.js";
import { takePageSteps } from "./pageSteps.js";
import { createSchedule, type Schedule } from "./schedule.js";

/** How the wait ended. */
export type Outcome =
  | { kind: "true" | "false" | "left" | "hung" }
  | { kind: "aborted"; withOwnReason: boolean }
  | { kind: "rejected"; code: string; status: number | undefined; message: string }
  | { kind: "threw"; message: string };

/** All that is known of a run once it is over. Times are on the monotonic clock. */
export interface RunRecord {
  schedule: Schedule;
  outcome: Outcome;
  phases: readonly ReadinessSnapshot["phase"][];
  startedAtMs: number;
  endedAtMs: number;
  calmedAtMs: number;
  abortedAtMs: number | undefined;
  /** When the page woke up. */
  wokenAtMs: readonly number[];
  worstLagMs: number;
  requests: readonly OriginRequest[];
  happened: readonly FaultRecord[];
  left: { inFlight: number; proxySockets: number; listeners: number; pageListeners: number };
}

/** What a process shares among its runs. */
export interface RunContext {
  lag: LagMeter;
  clock: JumpingClock;
  pages: Pages;
}

const sandboxId = "0b6f7a1e-6f1e-4a53-9d52-3f0c2f6f2c11";
const cleanUpMs = patienceMs;
/** A wait that goes on for this long after its deadline hangs. */
const hangMs = 10_000;

/** Runs the schedule of a seed and records what happened. */
export async function runOnce(seed: string, { lag, clock, pages }: RunContext): Promise<RunRecord> {
  const schedule = createSchedule(seed);
  const origin = await startOrigin(schedule);
  const proxy = await createFaultProxy({
    targetPort: origin.port,
    seed,
    faults: ({ index, random }) => createConnectionFaults(schedule.connections[index] ?? "none", random),
  });
  const caller = new AbortController();
  const reason = new Error("The caller has seen enough.");
  const times = { calmedAtMs: Number.POSITIVE_INFINITY, abortedAtMs: Number.NaN };
  const phases: ReadinessSnapshot["phase"][] = [];
  const timers = [
    setTimeout(() => {
      times.calmedAtMs = performance.now();
      origin.calm();
      proxy.calm();
    }, schedule.calmAtMs),
    ...schedule.clockJumps.map(({ atMs, toOffsetMs }) => setTimeout(() => clock.jumpTo(toOffsetMs), atMs)),
  ];
  if (schedule.call.abortAtMs !== undefined) {
    timers.push(
      setTimeout(() => {
        times.abortedAtMs = performance.now();
        caller.abort(reason);
      }, schedule.call.abortAtMs),
    );
  }

  const page = pages.open();
  const startedAtMs = performance.now();
  origin.start();
  const steps = takePageSteps(schedule.page, page, origin);
  let outcome: Outcome;
  try {
    outcome = await Promise.race([
      page.run(() => wait(proxy.url, schedule, caller.signal, phases)),
      new Promise<Outcome>((resolve) => {
        timers.push(setTimeout(() => resolve({ kind: "hung" }), schedule.wait.timeoutMs + hangMs));
      }),
    ]);
  } catch (error) {
    outcome = outcomeOf(error, caller.signal, reason);
  }
  const endedAtMs = performance.now();
  for (const timer of timers) clearTimeout(timer);
  steps.stop();
  await cleanUp(origin, proxy, caller.signal, schedule);
  const record: RunRecord = {
    schedule,
    outcome,
    phases,
    startedAtMs,
    endedAtMs,
    calmedAtMs: times.calmedAtMs,
    abortedAtMs: Number.isNaN(times.abortedAtMs) ? undefined : times.abortedAtMs,
    wokenAtMs: steps.wokenAtMs,
    worstLagMs: lag.worstSinceMs(startedAtMs),
    requests: origin.requests,
    happened: proxy.happened(),
    left: {
      inFlight: origin.inFlight(),
      proxySockets: usedSockets(proxy),
      listeners: getEventListeners(caller.signal, "abort").length,
      pageListeners: page.listeners(),
    },
  };
  await withinMs(cleanUpMs, proxy.close(), () => `Run ${seed} could not close its proxy: ${JSON.stringify([proxy.connections(), proxy.happened()])}`);
  await withinMs(cleanUpMs, origin.close(), () => `Run ${seed} could not close its origin.`);
  return record;
}

async function wait(
  baseUrl: string,
  { wait: options, call }: Schedule,
  signal: AbortSignal,
  phases: ReadinessSnapshot["phase"][],
): Promise<Outcome> {
  const { sandboxes } = createMiosaClient({ baseUrl, apiKey: "msk_soak_0000000000000000" });
  if (call.how === "waitUntilReady") {
    return { kind: (await sandboxes.waitUntilReady(sandboxId, { ...options, signal })) ? "true" : "false" };
  }
  for await (const state of sandboxes.watchReadiness(sandboxId, { ...options, signal })) {
    phases.push(state.phase);
    if (state.phase === "failed") throw state.error;
    if (phases.length === call.leaveAfter) return { kind: "left" };
  }
  return { kind: phases.at(-1) === "ready" ? "true" : "false" };
}

function outcomeOf(error: unknown, signal: AbortSignal, reason: Error): Outcome {
  if (signal.aborted && !isMiosaError(error)) return { kind: "aborted", withOwnReason: error === reason };
  if (isMiosaError(error)) return { kind: "rejected", code: error.code, status: error.status, message: error.message };
  return { kind: "threw", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** Gives connections, which a wait takes down in the task after its end, the time to be seen closed. An idle kept-alive connection is no leak: the origin lets go of it. */
async function cleanUp(origin: Origin, proxy: FaultProxy, caller: AbortSignal, { server }: Schedule): Promise<void> {
  const deadlineMs = performance.now() + cleanUpMs;
  const isClean = (): boolean => origin.inFlight() === 0 && usedSockets(proxy) === 0 && getEventListeners(caller, "abort").length === 0;
  while (!isClean() && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 4));
    if (server.keepAlive) origin.closeIdle();
  }
}

async function withinMs(limitMs: number, work: Promise<void>, failure: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(failure())), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function usedSockets(proxy: FaultProxy): number {
  const { sockets, unused } = proxy.connections();
  return sockets - unused;
}
