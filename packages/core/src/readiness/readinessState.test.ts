import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  clock,
  earlierError,
  events,
  type EventType,
  failures,
  finalError,
  limitedError,
  lostError,
  past,
  type Phase,
  sandboxError,
  silentError,
  states,
} from "../../test/readinessSamples.js";
import { initialReadinessState, isFinal, next, type Failure, type ReadinessEvent, type ReadinessState } from "./readinessState.js";

/** `same`: the very same object comes back, so the event means nothing there. */
type Expected = "same" | ReadinessState;
type ByFailure = Record<Failure["kind"], Expected>;
type Row = { [Type in EventType]: Type extends "streamFailed" | "pollFailed" ? ByFailure : Expected };

/** After the third loss in a row: half (the random 0.5) of 4 s from now. */
const lost = { ...past, streamLosses: 3, reopenAtMs: 102_000 };
const readyByStream: ReadinessState = { phase: "ready", via: "stream", readyAt: "2026-06-01T10:00:02Z" };
const readyByPoll: ReadinessState = { phase: "ready", via: "poll", readyAt: "2026-06-01T10:00:03Z" };
const timedOutByServer: ReadinessState = { phase: "timedOut", via: "stream", reason: "not_ready", lastError: undefined };
const outOfTime: ReadinessState = { phase: "timedOut", via: "poll", reason: null, lastError: earlierError };
const sandboxFailed: ReadinessState = { phase: "failed", via: "poll", error: sandboxError };
const nothing: ByFailure = { final: "same", unsupported: "same", rateLimited: "same", silent: "same", transient: "same" };

const streamFailed: ByFailure = {
  final: { phase: "failed", via: "stream", error: finalError },
  unsupported: { ...lost, phase: "checking", stream: "unusable" },
  rateLimited: { ...lost, phase: "pausing", untilMs: 102_000, askedBy: "stream", lastError: limitedError },
  silent: { ...lost, phase: "checking", stream: "lastResort", lastError: silentError },
  transient: { ...lost, phase: "checking", lastError: lostError },
};

/** After the fourth failure in a row: half of 800 ms. */
const backedOff = { ...past, phase: "pausing", pollFailures: 4, untilMs: 100_400, askedBy: null } as const;

/** Nothing leaves a final state. */
const finalRow: Row = {
  streamOpened: "same",
  streamFailed: nothing,
  streamEnded: "same",
  readyFrame: "same",
  timeoutFrame: "same",
  saidReady: "same",
  saidNotReady: "same",
  saidFailed: "same",
  pollFailed: nothing,
  slept: "same",
  woken: "same",
  deadlinePassed: "same",
};

const table: Record<Phase, Row> = {
  connecting: {
    streamOpened: { ...past, phase: "streaming", via: "stream", heard: true, lastError: undefined, openedAtMs: 100_000 },
    streamFailed,
    streamEnded: { ...lost, phase: "checking" },
    readyFrame: readyByStream,
    timeoutFrame: timedOutByServer,
    saidReady: readyByPoll,
    saidNotReady: "same",
    saidFailed: sandboxFailed,
    pollFailed: nothing,
    slept: "same",
    woken: "same",
    deadlinePassed: outOfTime,
  },
  streaming: {
    streamOpened: "same",
    streamFailed,
    streamEnded: { ...lost, phase: "checking" },
    readyFrame: readyByStream,
    timeoutFrame: timedOutByServer,
    saidReady: readyByPoll,
    saidNotReady: "same",
    saidFailed: { phase: "failed", via: "stream", error: sandboxError },
    pollFailed: nothing,
    slept: "same",
    woken: { ...past, phase: "connecting", via: "stream" },
    deadlinePassed: { ...outOfTime, via: "stream" },
  },
  checking: {
    streamOpened: "same",
    streamFailed: nothing,
    streamEnded: "same",
    readyFrame: readyByStream,
    timeoutFrame: timedOutByServer,
    saidReady: readyByPoll,
    saidNotReady: { ...past, phase: "pausing", heard: true, pollFailures: 0, lastError: undefined, untilMs: 100_010, askedBy: null },
    saidFailed: sandboxFailed,
    pollFailed: {
      final: { phase: "failed", via: "poll", error: finalError },
      unsupported: backedOff,
      rateLimited: { ...backedOff, untilMs: 102_000, askedBy: "poll", lastError: limitedError },
      silent: { ...backedOff, lastError: silentError },
      transient: { ...backedOff, lastError: lostError },
    },
    slept: "same",
    woken: "same",
    deadlinePassed: outOfTime,
  },
  pausing: {
    streamOpened: "same",
    streamFailed: nothing,
    streamEnded: "same",
    readyFrame: readyByStream,
    timeoutFrame: timedOutByServer,
    saidReady: readyByPoll,
    saidNotReady: "same",
    saidFailed: sandboxFailed,
    pollFailed: nothing,
    slept: { ...past, phase: "connecting" },
    woken: { ...past, phase: "connecting" },
    deadlinePassed: outOfTime,
  },
  ready: finalRow,
  timedOut: finalRow,
  failed: finalRow,
};

function expectedOf(state: ReadinessState, event: ReadinessEvent): Expected {
  const row = table[state.phase];
  switch (event.type) {
    case "streamFailed":
    case "pollFailed":
      return row[event.type][event.failure.kind];
    default:
      return row[event.type];
  }
}

const cells = Object.values(states).flatMap((state) =>
  Object.values(events)
    .flat()
    .map((event) => {
      const expected = expectedOf(state, event);
      const cause = "failure" in event ? `${event.type} (${event.failure.kind})` : event.type;
      const outcome = expected === "same" ? "changes nothing" : `leads to ${expected.phase}`;
      return [`${cause} while ${state.phase} ${outcome}`, { state, event, expected }] as const;
    }),
);

describe("the table", () => {
  test.each(cells)("%s", (_, { state, event, expected }) => {
    const result = next(state, event, clock);
    expect(result === state ? "same" : result).toStrictEqual(expected);
  });
});

describe("cells that depend on more than the phase", () => {
  test("a wait begins on the stream, or by polling when told so", () => {
    const begun = { heard: false, streamLosses: 0, reopenAtMs: 0, pollFailures: 0, lastError: undefined };
    expect(initialReadinessState({ stream: true })).toStrictEqual({ ...begun, phase: "connecting", via: "stream", stream: "usable" });
    expect(initialReadinessState({ stream: false })).toStrictEqual({ ...begun, phase: "checking", via: "poll", stream: "unusable" });
  });

  test("the loss of a stream that lasted five seconds starts the backoff anew", () => {
    const opened = (ageMs: number): ReadinessState => ({ ...states.streaming, openedAtMs: clock.nowMs - ageMs });
    expect(next(opened(5_000), { type: "streamEnded" }, clock)).toMatchObject({ streamLosses: 1, reopenAtMs: 100_500 });
    expect(next(opened(4_999), { type: "streamEnded" }, clock)).toMatchObject({ streamLosses: 3, reopenAtMs: 102_000 });
  });

  test("a pause ends in a poll while the stream may not be opened again yet", () => {
    expect(next({ ...states.pausing, reopenAtMs: 100_001 }, { type: "slept" }, clock).phase).toBe("checking");
    expect(next({ ...states.pausing, reopenAtMs: 100_000 }, { type: "slept" }, clock).phase).toBe("connecting");
  });

  test("a pause ends in a poll where the stream does not work", () => {
    expect(next({ ...states.pausing, stream: "unusable" }, { type: "slept" }, clock).phase).toBe("checking");
    expect(next({ ...states.pausing, stream: "unusable" }, { type: "woken" }, clock).phase).toBe("checking");
  });

  test("a stream that fell silent is tried again only after three polls failed in a row", () => {
    const pausing = { ...states.pausing, stream: "lastResort", reopenAtMs: 0 } as const;
    expect(next({ ...pausing, pollFailures: 2 }, { type: "slept" }, clock).phase).toBe("checking");
    expect(next({ ...pausing, pollFailures: 3 }, { type: "slept" }, clock).phase).toBe("connecting");
    expect(next({ ...pausing, pollFailures: 3 }, { type: "woken" }, clock).phase).toBe("checking");
  });

  test("a stream that is not there stays so, whatever it does next", () => {
    const after = next({ ...states.connecting, stream: "unusable" }, { type: "streamFailed", failure: failures.silent }, clock);
    expect(after).toMatchObject({ phase: "checking", stream: "unusable" });
  });

  test("the pause that a refused stream asked for ends in a poll, that of a refused poll may end on the stream", () => {
    expect(next({ ...states.pausing, askedBy: "stream" }, { type: "slept" }, clock).phase).toBe("checking");
    expect(next({ ...states.pausing, askedBy: "poll" }, { type: "slept" }, clock).phase).toBe("connecting");
  });

  test("a wake-up does not shorten a pause that the server asked for", () => {
    for (const askedBy of ["stream", "poll"] as const) {
      const state: ReadinessState = { ...states.pausing, askedBy };
      expect(next(state, { type: "woken" }, clock)).toBe(state);
    }
  });

  test("a wake-up opens the stream before its backoff is over", () => {
    expect(next({ ...states.pausing, reopenAtMs: 999_999 }, { type: "woken" }, clock).phase).toBe("connecting");
  });

  test("a rate limit without a Retry-After waits a second, and Retry-After: 0 the pause between polls", () => {
    const limited = (retryAfterMs: number | undefined): Failure => ({ kind: "rateLimited", retryAfterMs, error: limitedError });
    for (const [retryAfterMs, untilMs] of [[undefined, 101_000], [0, 100_010]] as const) {
      const failure = limited(retryAfterMs);
      expect(next(states.checking, { type: "pollFailed", failure }, clock)).toMatchObject({ phase: "pausing", untilMs });
      expect(next(states.connecting, { type: "streamFailed", failure }, clock)).toMatchObject({ phase: "pausing", untilMs });
    }
  });

  test("failed polls never come faster than polls that succeed", () => {
    const slow = { ...clock, pollIntervalMs: 3_000 };
    expect(next(states.checking, { type: "pollFailed", failure: failures.transient }, slow)).toMatchObject({ untilMs: 103_000 });
  });
});

test("the table in docs/readiness.md says what the code does", () => {
  const text = readFileSync(new URL("../../../../docs/readiness.md", import.meta.url), "utf8");
  const waiting = [states.connecting, states.streaming, states.checking, states.pausing];
  const written = readTable(text, "event");
  expect(written.header).toEqual(["event", ...waiting.map(({ phase }) => phase)]);
  expect(written.rows.map(([event]) => event)).toEqual(Object.keys(events));
  for (const [type, ...outcomes] of written.rows) {
    const samples = Object.values(events).flat().filter((event) => event.type === type);
    expect(outcomes).toEqual(waiting.map((state) => reached(state, samples)));
  }
});

/** The rows of the Markdown table whose first header cell is `first`, without code marks. */
function readTable(markdown: string, first: string): { header: string[]; rows: string[][] } {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${first} `));
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  const [header = [], , ...rows] = lines.slice(start, start + length).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll("`", "").trim()),
  );
  return { header, rows };
}

/** The phases that these events can lead to from a phase, whatever else the state can hold there; `–` for the same state. */
function reached(state: ReadinessState, samples: readonly ReadinessEvent[]): string {
  const variants: ReadinessState[] = [state];
  if (!isFinal(state)) variants.push({ ...state, reopenAtMs: 999_999 });
  if (state.phase === "checking" || state.phase === "pausing") variants.push({ ...state, stream: "unusable" });
  if (state.phase === "pausing") variants.push({ ...state, askedBy: "stream" });
  const found = new Set<string>();
  for (const variant of variants) {
    for (const event of samples) {
      const result = next(variant, event, clock);
      found.add(result === variant ? "–" : result.phase);
    }
  }
  return [...Object.keys(states), "–"].filter((phase) => found.has(phase)).join(", ");
}
