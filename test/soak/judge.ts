import type { ConnectionTrouble } from "./schedule.js";
import { stepsEndMs } from "./pageSteps.js";
import type { RunRecord } from "./runOnce.js";

/** Never later than this after its time, on an idle machine, in milliseconds. */
const quantumMs = 50;
/** Round trips and parsing of the last request of a wait, in milliseconds. */
const lastRequestMs = 150;
const finalStatuses: ReadonlySet<number> = new Set([400, 401, 402, 403, 422]);
const holding: ReadonlySet<ConnectionTrouble> = new Set(["stall", "drop", "duplicate"]);

/**
 * What is wrong with a run; nothing, where the client kept its promises. Bounds in time allow for a busy machine: a quantum is 50 ms
 * and twice the longest lag of this process's timers during the run. They are there to catch waits that hang, not to time anything.
 */
export function judge(record: RunRecord): string[] {
  const findings: string[] = [];
  const graceMs = quantumMs + 2 * record.worstLagMs;
  for (const check of [checkAnswer, checkDeadline, checkMissed, checkPhases, checkPace, checkRest]) check(record, graceMs, (text) => findings.push(text));
  return findings;
}

type Check = (record: RunRecord, graceMs: number, find: (text: string) => void) => void;

/** Whatever the client says, the server said it before. */
const checkAnswer: Check = ({ outcome, requests, schedule, endedAtMs, startedAtMs, abortedAtMs }, _graceMs, find) => {
  switch (outcome.kind) {
    case "true":
      if (!requests.some(({ saidReadyAtMs = Number.POSITIVE_INFINITY }) => saidReadyAtMs <= endedAtMs)) find("ready, though the server never said so");
      break;
    case "false":
      if (requests.some(({ saidTimeoutAtMs }) => saidTimeoutAtMs !== undefined)) break;
      if (endedAtMs - startedAtMs < schedule.wait.timeoutMs - 1) find("gave up before the deadline, though the server sent no timeout event");
      break;
    case "aborted":
      if (abortedAtMs === undefined) find("aborted, though nobody did");
      if (!outcome.withOwnReason) find("did not reject with the signal's own reason");
      break;
    case "rejected": {
      const { code, status } = outcome;
      const saidFailed = requests.some(({ saidFailedAtMs }) => saidFailedAtMs !== undefined);
      const isSaid =
        code === "SANDBOX_FAILED" || code === "SANDBOX_DESTROYED" || status === 404
          ? saidFailed
          : status !== undefined && finalStatuses.has(status) && requests.some((request) => request.status === status);
      if (!isSaid) find(`rejected with ${code} (${status ?? "no status"}), which the server gave no cause for: ${outcome.message}`);
      break;
    }
    case "threw":
      find(`threw something that is no error of the client: ${outcome.message}`);
      break;
    case "hung":
      find("never ended");
      break;
    case "left":
      break;
  }
};

/** No wait goes past its deadline, or past its abort. */
const checkDeadline: Check = ({ schedule, startedAtMs, endedAtMs, abortedAtMs }, graceMs, find) => {
  // A wait of no time at all still buys one look, which gets five seconds.
  const deadlineMs = startedAtMs + (schedule.wait.timeoutMs || 5_000);
  const lateMs = endedAtMs - Math.min(deadlineMs, abortedAtMs ?? Number.POSITIVE_INFINITY);
  if (lateMs > graceMs) find(`ended ${lateMs.toFixed(0)} ms after its deadline or abort; ${graceMs.toFixed(0)} ms are allowed`);
};

/** What the server would have told, had it been asked, is known within the time that the client's own pauses can take. */
const checkMissed: Check = (record, graceMs, find) => {
  const { schedule, outcome, requests, startedAtMs, endedAtMs, calmedAtMs, wokenAtMs } = record;
  const { sandbox, server, wait } = schedule;
  if (sandbox.becomes === "never" || wait.timeoutMs === 0 || outcome.kind === "left" || outcome.kind === "aborted") return;
  if (sandbox.becomes !== "ready" && !server.hasPolls && !sandbox.tellsByEvent) return; // the server itself hides it
  const wasToldToStop = requests.some(({ saidTimeoutAtMs, status = 200 }) => saidTimeoutAtMs !== undefined || finalStatuses.has(status));
  if (wasToldToStop) return;
  const calmAtMs = Math.min(calmedAtMs, endedAtMs);
  // Each piece of a split answer waits for its own turn.
  const isPiecemeal = schedule.connections.some((trouble) => trouble === "split" || trouble === "delay");
  const reachableByMs = Math.max(startedAtMs + sandbox.atMs, calmAtMs, ...wokenAtMs) + (wasFreedByWakeUp(record, graceMs) ? freedMs(record) : recoveryMs(record)) + lastRequestMs + graceMs * (isPiecemeal ? 4 : 1);
  if (calmedAtMs > endedAtMs && outcome.kind === "false") return; // it never became calm
  if (endedAtMs - startedAtMs <= stepsEndMs(schedule.page)) return; // nor did the page wake up for good
  if (Math.min(endedAtMs, startedAtMs + wait.timeoutMs) <= reachableByMs) return;
  const sinceMs = endedAtMs - reachableByMs;
  find(`${outcome.kind === "false" ? "missed" : "was late to learn"} that the sandbox is ${sandbox.becomes}, by ${sinceMs.toFixed(0)} ms more than its pauses explain`);
};

const harmless: ReadonlySet<string> = new Set(["split", "reset", "cut"]);

/** True where, at the last wake-up, all was calm and the client did nothing but listen or pause: then it asks afresh at once. */
function wasFreedByWakeUp({ wokenAtMs, calmedAtMs, requests, happened }: RunRecord, graceMs: number): boolean {
  const lastMs = Math.max(...wokenAtMs);
  if (lastMs < calmedAtMs || happened.some(({ fault }) => !harmless.has(fault.kind))) return false;
  return requests.every(({ channel, status, atMs, endedAtMs = Number.POSITIVE_INFINITY }) => {
    const isAsking = atMs <= lastMs && endedAtMs + graceMs >= lastMs;
    return !isAsking || (channel === "stream" && status === 200 && endedAtMs >= lastMs && lastMs - atMs > graceMs);
  });
}

/** What may still hold up a client that asks afresh: a rate limit, and a slow answer. */
function freedMs({ schedule: { wait }, requests }: RunRecord): number {
  const limits = requests.filter(({ status }) => status === 429).map(({ retryAfterMs = 1_000 }) => retryAfterMs);
  return Math.max(0, ...limits) + wait.pollIntervalMs;
}

/** The longest that the client may be busy with what went wrong before the calm, by its own documented pauses. */
function recoveryMs({ schedule, requests, happened, wokenAtMs }: RunRecord): number {
  const { server, wait, connections } = schedule;
  const idleMs = Math.min(wait.idleTimeoutMs, Math.max(1_000, wait.timeoutMs / 2));
  const pollTimeoutMs = Math.min(5_000, Math.max(1_000, wait.timeoutMs / 2));
  const held = connections.filter((trouble, index) => holding.has(trouble) && happened.some(({ connection }) => connection === index)).length;
  const heldPolls = held + (server.polls.some(({ kind }) => kind === "neverAnswers") ? 1 : 0);
  const streamHolds = held > 0 || server.streams.some(({ kind }) => kind === "silent" || kind === "neverAnswers" || kind === "slowHeaders");
  const isSlow = connections.includes("delay") || [...server.polls, ...server.streams].some(({ kind }) => kind === "slow" || kind === "slowHeaders");
  const lostInSleep = requests.filter(({ isDead }) => isDead).length;
  const troubled = connections.filter((trouble) => trouble !== "none" && trouble !== "split").length + lostInSleep;
  const failedPolls = troubled + server.polls.filter(({ kind }) => kind !== "answer" && kind !== "slow").length;
  const backoffMs = server.hasPolls ? doubling(100, failedPolls, 2_000) : 2_000;
  const lostStreams = troubled + server.streams.filter(({ kind }) => kind !== "serve").length;
  const reopenMs = server.hasPolls ? 0 : doubling(1_000, lostStreams, 30_000);
  const limits = requests.filter(({ status }) => status === 429).map(({ retryAfterMs = 1_000 }) => retryAfterMs);
  return (
    (wait.stream && streamHolds ? idleMs : 0) +
    heldPolls * (pollTimeoutMs + backoffMs) +
    asleepMs({ wokenAtMs, requests, isHeldUp: isSlow || connections.includes("split") }, { idleMs, pollTimeoutMs, backoffMs }) +
    (isSlow ? 400 : 0) +
    Math.max(backoffMs, ...limits) +
    reopenMs +
    wait.pollIntervalMs
  );
}

/** How long what a sleep has taken may go unnoticed after the wake-up. That is no time, but for a request without an answer, which goes on until its own limit. */
function asleepMs(
  { wokenAtMs, requests, isHeldUp }: Pick<RunRecord, "wokenAtMs" | "requests"> & { isHeldUp: boolean },
  { idleMs, pollTimeoutMs, backoffMs }: Readonly<Record<"idleMs" | "pollTimeoutMs" | "backoffMs", number>>,
): number {
  const lastMs = Math.max(...wokenAtMs);
  const dead = requests.filter(({ isDead, endedAtMs = Number.POSITIVE_INFINITY }) => isDead && endedAtMs > lastMs);
  if (dead.some(({ status }) => status === undefined)) return pollTimeoutMs + backoffMs;
  // What was answered may still have been on its way.
  return isHeldUp && dead.length > 0 ? idleMs : 0;
}

function doubling(baseMs: number, times: number, capMs: number): number {
  return times === 0 ? 0 : Math.min(capMs, baseMs * 2 ** (times - 1));
}

/** A watcher sees connecting, then booting, then one final state. */
const checkPhases: Check = ({ phases, outcome }, _graceMs, find) => {
  const rank = { connecting: 0, booting: 1, ready: 2, timedOut: 2, failed: 2 };
  const ranks = phases.map((phase) => rank[phase]);
  if (ranks.some((value, index) => value < (ranks[index - 1] ?? 0))) find(`went back in its phases: ${phases.join(", ")}`);
  if (ranks.filter((value) => value === 2).length > 1) find(`had more than one final state: ${phases.join(", ")}`);
  if (phases.length > 0 && outcome.kind === "false" && phases.at(-1) !== "timedOut") find(`ended in ${phases.at(-1)} without an error`);
};

/** Polls come one after the other with their pause between, and a rate limit is kept. */
const checkPace: Check = ({ schedule, requests, happened, wokenAtMs }, graceMs, find) => {
  const polls = requests.filter(({ channel }) => channel === "poll");
  for (const [index, poll] of polls.entries()) {
    const before = polls[index - 1];
    if (before?.endedAtMs === undefined || poll.atMs >= before.endedAtMs + schedule.wait.pollIntervalMs - 2) continue;
    // A wake-up ends the pause.
    if (wokenAtMs.some((atMs) => atMs >= before.atMs && atMs <= poll.atMs)) continue;
    // An answer that was held up ends late in the origin's eyes only.
    if (poll.atMs < before.atMs + schedule.wait.pollIntervalMs - 2 - graceMs) find(`polled again after ${(poll.atMs - before.atMs).toFixed(1)} ms`);
  }
  if (happened.some(({ fault }) => fault.kind !== "split")) return; // it may not have had the answer
  for (const [index, request] of requests.entries()) {
    const after = requests[index + 1];
    if (request.status !== 429 || !after) continue;
    if (request.channel === "stream" && schedule.wait.idleTimeoutMs < 1_000) continue; // the same, on a busy machine
    const waitedMs = after.atMs - request.atMs;
    if (waitedMs < (request.retryAfterMs ?? 0) - 2) find(`asked again ${waitedMs.toFixed(0)} ms after a rate limit of ${request.retryAfterMs} ms`);
  }
};

/** Nothing is left behind. */
const checkRest: Check = ({ left, requests, endedAtMs, happened }, graceMs, find) => {
  if (left.inFlight > 0) find(`left ${left.inFlight} requests in flight`);
  if (left.proxySockets > 0) find(`left ${left.proxySockets} sockets open`);
  if (left.listeners > 0) find(`left ${left.listeners} listeners on the caller's signal`);
  if (left.pageListeners > 0) find(`left ${left.pageListeners} listeners on the page`);
  // One that was under way when the wait ended may still arrive, and one that the proxy held up even later.
  const heldMs = happened.reduce((sum, { fault }) => sum + (fault.kind === "delay" ? fault.delayMs : 0), 0);
  const late = requests.filter(({ atMs }) => atMs > endedAtMs + heldMs + graceMs).length;
  if (late > 0) find(`sent ${late} requests after its end`);
};
