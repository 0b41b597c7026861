import { createSeededRandom, type SeededRandom } from "@miosa/local/testing";
import { createPageSteps, type PageStep } from "./pageSteps.js";

/** How a stream request is answered while there is trouble. */
export type StreamBehaviour =
  | { kind: "serve"; keepaliveMs: number | undefined; frame: FrameStyle; closeDelimited: boolean }
  | { kind: "refuse"; status: number; retryAfter: RetryAfter | undefined }
  | { kind: "wrongType" }
  | { kind: "slowHeaders"; delayMs: number }
  /** Ends after this long without a terminal frame. */
  | { kind: "endEarly"; afterMs: number }
  /** Opens, and then says nothing ever. */
  | { kind: "silent" }
  | { kind: "neverAnswers" }
  | { kind: "timeoutFrame"; afterMs: number };

/** How the ready frame is written. */
export type FrameStyle = "plain" | "crlf" | "noData" | "twice" | "amongOthers" | "bytewise";

/** How long a rate limit asks to wait: in seconds, or as a date by the server's own clock. */
export interface RetryAfter {
  seconds: number;
  as: "seconds" | "date" | "body";
}

/** How a poll is answered while there is trouble. */
export type PollBehaviour =
  | { kind: "answer" }
  | { kind: "refuse"; status: number; retryAfter: RetryAfter | undefined }
  | { kind: "notJson" }
  | { kind: "slow"; delayMs: number }
  | { kind: "neverAnswers" };

/** What a connection does wrong; `createConnectionFaults` makes it precise. */
export type ConnectionTrouble = "none" | "split" | "delay" | "stall" | "reset" | "cut" | "halfClose" | "drop" | "duplicate";

/** Everything that happens in one run, out of its seed alone. Times are in milliseconds from the start of the wait. */
export interface Schedule {
  seed: string;
  sandbox: { becomes: "ready" | "failed" | "destroyed" | "never"; atMs: number; tellsByEvent: boolean; tellsByNotFound: boolean };
  call: { how: "waitUntilReady" | "watchReadiness"; leaveAfter: number | undefined; abortAtMs: number | undefined };
  wait: { timeoutMs: number; pollIntervalMs: number; idleTimeoutMs: number; stream: boolean };
  server: {
    /** False for a server older than the stream. */
    hasStream: boolean;
    /** False for one whose polls fail throughout, so that all hangs on the stream. */
    hasPolls: boolean;
    keepAlive: boolean;
    /** The server's clock is this far from ours. */
    clockSkewMs: number;
    /** The first requests of each kind; later ones are answered well. */
    streams: readonly StreamBehaviour[];
    polls: readonly PollBehaviour[];
  };
  /** The first connections; later ones are sound. */
  connections: readonly ConnectionTrouble[];
  /** From now on all goes well, but for what is stalled already. */
  calmAtMs: number;
  /** Jumps of the wall clock in this process. */
  clockJumps: readonly { atMs: number; toOffsetMs: number }[];
  page: readonly PageStep[];
}

const day = 86_400_000;

/** The schedule of a seed. */
export function createSchedule(seed: string): Schedule {
  const random = createSeededRandom(seed);
  const isLong = random.chance(0.15);
  const timeoutMs = random.chance(0.01) ? 0 : isLong ? random.integer(2_500, 5_000) : random.integer(300, 1_500);
  const hasPolls = !isLong || random.chance(0.8);
  const hasStream = !hasPolls || random.chance(0.85);
  const becomes = random.pick(["ready", "ready", "ready", "ready", "ready", "ready", "failed", "destroyed", "never"] as const);
  const calmAtMs = random.integer(0, Math.max(50, timeoutMs / 2));
  const how = random.pick(["waitUntilReady", "waitUntilReady", "watchReadiness"] as const);
  return {
    seed,
    sandbox: {
      becomes,
      atMs: random.chance(0.3) ? 0 : random.integer(0, Math.max(100, timeoutMs)),
      tellsByEvent: random.chance(0.5),
      tellsByNotFound: random.chance(0.5),
    },
    call: {
      how,
      leaveAfter: how === "watchReadiness" && random.chance(0.2) ? random.integer(1, 3) : undefined,
      abortAtMs: random.chance(0.1) ? random.integer(0, Math.max(1, timeoutMs)) : undefined,
    },
    wait: {
      timeoutMs,
      pollIntervalMs: random.pick([10, 10, 20, 50]),
      idleTimeoutMs: random.pick(hasPolls ? [80, 150, 300, 45_000] : [45_000]),
      stream: !hasPolls || random.chance(0.85),
    },
    server: {
      hasStream,
      hasPolls,
      keepAlive: random.chance(0.4),
      clockSkewMs: random.chance(0.3) ? random.integer(-day, day) : 0,
      streams: listOf(random, 3, (fork) => streamBehaviour(fork, hasPolls)),
      polls: hasPolls ? listOf(random, 6, pollBehaviour) : [],
    },
    connections: listOf(random, 5, (fork) => connectionTrouble(fork, hasPolls)),
    calmAtMs,
    clockJumps: random.chance(0.3)
      ? listOf(random, 4, (fork) => ({ atMs: fork.integer(0, timeoutMs), toOffsetMs: fork.integer(-30 * day, 30 * day) }))
      : [],
    // Where polls do not work, a stream that is never answered must not pass for one that falls silent.
    page: createPageSteps(random.fork("page"), { untilMs: Math.round(timeoutMs * 0.7), maySwallow: hasPolls }),
  };
}

function listOf<T>(random: SeededRandom, most: number, make: (fork: SeededRandom) => T): T[] {
  return Array.from({ length: random.integer(0, most) }, () => make(random));
}

const frameStyles = ["plain", "crlf", "noData", "twice", "amongOthers", "bytewise"] as const;

/** Sound service, which is also what every request gets once all is calm. A lively one always sends keepalives. */
export function serveWell(random: SeededRandom, isLively: boolean): StreamBehaviour {
  return {
    kind: "serve",
    keepaliveMs: random.pick([isLively ? 30 : undefined, 15, 50]),
    frame: random.pick(frameStyles),
    closeDelimited: random.chance(0.4),
  };
}

function streamBehaviour(random: SeededRandom, hasPolls: boolean): StreamBehaviour {
  // Where polls do not work, nothing may make the client give up the stream for good.
  const kind = hasPolls
    ? random.pick(["serve", "serve", "refuse", "refuse", "wrongType", "slowHeaders", "endEarly", "silent", "neverAnswers", "timeoutFrame"] as const)
    : random.pick(["serve", "refuse", "endEarly"] as const);
  switch (kind) {
    case "serve":
      return serveWell(random, !hasPolls);
    case "refuse":
      return refusal(random, hasPolls ? [404, 405, 406, 501, 429, 429, 500, 502, 503, 504, 401, 403] : [429, 500, 502, 503, 504]);
    case "slowHeaders":
      return { kind, delayMs: random.integer(20, 400) };
    case "endEarly":
    case "timeoutFrame":
      return { kind, afterMs: random.integer(0, 300) };
    case "wrongType":
    case "silent":
    case "neverAnswers":
      return { kind };
  }
}

function pollBehaviour(random: SeededRandom): PollBehaviour {
  const kind = random.pick(["answer", "answer", "refuse", "refuse", "notJson", "slow", "neverAnswers"] as const);
  switch (kind) {
    case "refuse":
      return refusal(random, [429, 429, 500, 500, 502, 503, 504, 408, random.chance(0.15) ? 403 : 503]);
    case "slow":
      return { kind, delayMs: random.integer(20, 400) };
    case "answer":
    case "notJson":
    case "neverAnswers":
      return { kind };
  }
}

function refusal(random: SeededRandom, statuses: readonly number[]): { kind: "refuse"; status: number; retryAfter: RetryAfter | undefined } {
  const status = random.pick(statuses);
  // A date has whole seconds only, so that less than one cannot be told by it.
  const retryAfter: RetryAfter = random.pick([
    { seconds: 0, as: "seconds" },
    { seconds: 0.2, as: "body" },
    { seconds: 1, as: "seconds" },
    { seconds: 1, as: "date" },
  ] as const);
  return { kind: "refuse", status, retryAfter: status === 429 && random.chance(0.8) ? retryAfter : undefined };
}

function connectionTrouble(random: SeededRandom, hasPolls: boolean): ConnectionTrouble {
  return random.pick(
    hasPolls
      ? (["none", "split", "split", "delay", "stall", "reset", "cut", "halfClose", "drop", "duplicate"] as const)
      : (["none", "split", "delay", "reset", "cut"] as const),
  );
}
