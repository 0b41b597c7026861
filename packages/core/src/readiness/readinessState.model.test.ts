import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError, NetworkError } from "../errors.js";
import {
  failuresBeforeLastResort,
  initialReadinessState,
  isFinal,
  next,
  type Failure,
  type FinalReadinessState,
  type ReadinessClock,
  type ReadinessEvent,
  type ReadinessState,
} from "./readinessState.js";

/** One event, what came before and after it, and when. */
interface Step {
  before: ReadinessState;
  event: ReadinessEvent;
  clock: ReadinessClock;
  after: ReadinessState;
}

const finalError = new ApiError("The key is not accepted.", { code: "UNAUTHORIZED", status: 401 });
const passingError = new NetworkError("Cut off.", { code: "NETWORK_ERROR" });
const sandboxError = new ApiError("The sandbox failed to start.", { code: "SANDBOX_FAILED" });

const failure: fc.Arbitrary<Failure> = fc.oneof(
  fc.constant<Failure>({ kind: "final", error: finalError }),
  fc.constant<Failure>({ kind: "unsupported" }),
  fc.constant<Failure>({ kind: "silent", error: passingError }),
  { arbitrary: fc.constant<Failure>({ kind: "transient", error: passingError }), weight: 5 },
  {
    arbitrary: fc
      .option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined })
      .map<Failure>((retryAfterMs) => ({ kind: "rateLimited", retryAfterMs, error: passingError })),
    weight: 3,
  },
);
const streamFailed = failure.map<ReadinessEvent>((each) => ({ type: "streamFailed", failure: each }));
const pollFailed = failure.map<ReadinessEvent>((each) => ({ type: "pollFailed", failure: each }));
const event = (type: "streamOpened" | "streamEnded" | "saidNotReady" | "slept" | "woken" | "deadlinePassed"): fc.Arbitrary<ReadinessEvent> =>
  fc.constant({ type });
const readyFrame = fc.constant<ReadinessEvent>({ type: "readyFrame", readyAt: null });
const timeoutFrame = fc.constant<ReadinessEvent>({ type: "timeoutFrame", reason: "not_ready" });
const saidReady = fc.constant<ReadinessEvent>({ type: "saidReady", readyAt: null });
const saidFailed = fc.constant<ReadinessEvent>({ type: "saidFailed", error: sandboxError });

const settings = fc.record({ stream: fc.boolean(), pollIntervalMs: fc.constantFrom(0, 10, 250, 5_000) });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Waits that get any event at any time, also those that the driver would never send. */
const wildWaits: fc.Arbitrary<Step[]> = fc
  .record({
    settings,
    beats: fc.array(
      fc.record({
        event: fc.oneof(
          event("streamOpened"), streamFailed, event("streamEnded"), readyFrame, timeoutFrame, saidReady,
          event("saidNotReady"), saidFailed, pollFailed, event("slept"), event("woken"), event("deadlinePassed"),
        ),
        passMs: fc.integer({ min: 0, max: 40_000 }),
        random: chance,
      }),
      { maxLength: 30 },
    ),
  })
  .map(({ settings: { stream, pollIntervalMs }, beats }) => {
    let state = initialReadinessState({ stream });
    let nowMs = 1_000;
    return beats.map((beat): Step => {
      nowMs += beat.passMs;
      const before = state;
      const clock = { nowMs, random: beat.random, pollIntervalMs };
      state = next(before, beat.event, clock);
      return { before, event: beat.event, clock, after: state };
    });
  });

/** One answer for each phase; the phase that the wait is in picks. Final answers are rare, so that waits grow long. */
const answers = fc.record({
  connecting: fc.oneof({ arbitrary: event("streamOpened"), weight: 4 }, { arbitrary: streamFailed, weight: 4 }),
  streaming: fc.oneof(
    { arbitrary: event("streamEnded"), weight: 6 }, { arbitrary: streamFailed, weight: 6 }, { arbitrary: event("woken"), weight: 3 },
    { arbitrary: readyFrame, weight: 1 }, { arbitrary: timeoutFrame, weight: 1 }, { arbitrary: saidFailed, weight: 1 },
  ),
  checking: fc.oneof(
    { arbitrary: event("saidNotReady"), weight: 10 }, { arbitrary: pollFailed, weight: 6 },
    { arbitrary: saidReady, weight: 1 }, { arbitrary: saidFailed, weight: 1 },
  ),
  pausing: fc.oneof({ arbitrary: event("slept"), weight: 10 }, { arbitrary: event("woken"), weight: 2 }),
  answerMs: fc.integer({ min: 0, max: 8_000 }),
  /** Timers are late, in hidden tabs by seconds. */
  lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 })),
  random: chance,
});

/** Waits as the driver leads them: each phase gets an answer it can get, and no pause ends before its time. */
const drivenWaits: fc.Arbitrary<Step[]> = fc
  .record({ settings, beats: fc.array(answers, { minLength: 1, maxLength: 60 }) })
  .map(({ settings: { stream, pollIntervalMs }, beats }) => {
    const steps: Step[] = [];
    let state = initialReadinessState({ stream });
    let nowMs = 1_000;
    for (const beat of beats) {
      if (isFinal(state)) break;
      const happened = beat[state.phase];
      nowMs = state.phase === "pausing" && happened.type === "slept" ? Math.max(nowMs, state.untilMs) + beat.lateMs : nowMs + beat.answerMs;
      const before: ReadinessState = state;
      const clock = { nowMs, random: beat.random, pollIntervalMs };
      state = next(before, happened, clock);
      steps.push({ before, event: happened, clock, after: state });
    }
    return steps;
  });

type Rule = (steps: Step[]) => boolean;

/** The shortest random wait that breaks a rule, told with its seed; undefined when none of 2,000 does. */
function breach(waits: fc.Arbitrary<Step[]>, rule: Rule): string | undefined {
  return fc.defaultReportMessage(fc.check(fc.property(waits, rule), { numRuns: 2_000 }));
}

/** A rule that each step keeps by itself. */
const each = (holds: (step: Step) => boolean): Rule => (steps) => steps.every(holds);

/** A rule for the steps between states in which the wait goes on. */
const eachWaiting = (holds: (before: Waiting, after: Waiting, step: Step) => boolean): Rule =>
  each((step) => isFinal(step.before) || isFinal(step.after) || holds(step.before, step.after, step));

type Waiting = Exclude<ReadinessState, FinalReadinessState>;

/** Sums of floating-point times are off by less than this. */
const roundingMs = 0.001;

describe("whatever happens, in whatever order", () => {
  test("I1: a final state stays as it is", () => {
    expect(breach(wildWaits, each(({ before, after }) => !isFinal(before) || after === before))).toBeUndefined();
  });

  test("I2: only the server's word makes a wait ready, and it does so at once", () => {
    const rule = each(({ before, event: { type }, after }) => {
      return isFinal(before) || (after.phase === "ready") === (type === "readyFrame" || type === "saidReady");
    });
    expect(breach(wildWaits, rule)).toBeUndefined();
  });

  test("I3: a failure of the sandbox ends the wait at once, with that very error", () => {
    const rule = each(({ before, event: happened, after }) => {
      return isFinal(before) || happened.type !== "saidFailed" || (after.phase === "failed" && after.error === sandboxError);
    });
    expect(breach(wildWaits, rule)).toBeUndefined();
  });

  test("I4: the deadline and the server's timeout end every wait that is not final, and nothing else times out", () => {
    const rule = each(({ before, event: { type }, after }) => {
      return isFinal(before) || (after.phase === "timedOut") === (type === "deadlinePassed" || type === "timeoutFrame");
    });
    expect(breach(wildWaits, rule)).toBeUndefined();
  });

  test("I5: once the stream is known not to work, it is never opened again", () => {
    const rule = eachWaiting((before, after) => {
      const isOpened = before.phase !== "connecting" && after.phase === "connecting";
      return before.stream !== "unusable" || (after.stream === "unusable" && !isOpened);
    });
    expect(breach(wildWaits, rule)).toBeUndefined();
  });

  test("I6: that the server was heard is not forgotten", () => {
    expect(breach(wildWaits, eachWaiting((before, after) => after.heard || !before.heard))).toBeUndefined();
  });
});

describe("as the driver leads it", () => {
  test("I3: a final failure of the request in flight ends the wait at once, with that very error", () => {
    const rule = each(({ event: happened, after }) => {
      const isFinalFailure = "failure" in happened && happened.failure.kind === "final";
      return isFinalFailure === (after.phase === "failed" && after.error === finalError);
    });
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I5: a stream that was refused as unknown is never opened again, and one that fell silent only while polls fail", () => {
    const rule: Rule = (steps) => {
      let isUnknown = false;
      let isSilent = false;
      let failedPolls = 0;
      return steps.every(({ event: happened, before, after }) => {
        isUnknown ||= happened.type === "streamFailed" && happened.failure.kind === "unsupported";
        isSilent ||= happened.type === "streamFailed" && happened.failure.kind === "silent";
        if (happened.type === "pollFailed") failedPolls += 1;
        if (happened.type === "saidNotReady") failedPolls = 0;
        const isOpened = before.phase !== "connecting" && after.phase === "connecting";
        return !isOpened || (!isUnknown && (!isSilent || failedPolls >= failuresBeforeLastResort));
      });
    };
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I7: a wait goes on: every event changes the state, but for a wake-up in a pause that the server asked for", () => {
    const rule = each(({ before, event: { type }, after }) => {
      return after !== before || (type === "woken" && before.phase === "pausing" && before.askedBy !== null);
    });
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I8: the stream is not opened again before its backoff is over, unless the machine woke up", () => {
    const rule = eachWaiting((before, after, { event: { type }, clock }) => {
      return after.phase !== "connecting" || type === "woken" || clock.nowMs >= before.reopenAtMs;
    });
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I9: the backoff of a stream that is soon lost doubles from 1 s to 30 s, with jitter down to a tenth", () => {
    const rule = eachWaiting((before, after, { event: { type }, clock }) => {
      if (type !== "streamFailed" && type !== "streamEnded") return after.streamLosses === before.streamLosses;
      const wasHealthy = before.phase === "streaming" && clock.nowMs - before.openedAtMs >= 5_000;
      const ceilingMs = Math.min(30_000, 1_000 * 2 ** (after.streamLosses - 1));
      const backoffMs = after.reopenAtMs - clock.nowMs;
      return (
        after.streamLosses === (wasHealthy ? 1 : before.streamLosses + 1) &&
        backoffMs >= ceilingMs / 10 - roundingMs &&
        backoffMs <= ceilingMs + roundingMs
      );
    });
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I10: between two streams there is a poll, unless the machine woke up", () => {
    const rule: Rule = (steps) => {
      let mayOpen = true;
      return steps.every(({ before, event: { type }, after }) => {
        if (before.phase === "streaming" || before.phase === "connecting") mayOpen = type === "woken";
        if (before.phase === "checking" || type === "woken") mayOpen = true;
        return mayOpen || after.phase !== "connecting";
      });
    };
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I11: polls never come faster than the poll interval, and failed ones back off to 2 s at most", () => {
    const rule = each(({ before, clock, after }) => {
      if (after.phase !== "pausing" || after === before) return true;
      const pauseMs = after.untilMs - clock.nowMs;
      const longestMs = after.askedBy === null ? Math.max(clock.pollIntervalMs, 2_000) : Infinity;
      return pauseMs >= clock.pollIntervalMs - roundingMs && pauseMs <= longestMs + roundingMs;
    });
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I12: a rate limit is obeyed: no request before Retry-After is over, not even after a wake-up", () => {
    const rule: Rule = (steps) => {
      let quietUntilMs = 0;
      return steps.every(({ event: happened, clock, after }) => {
        if ("failure" in happened && happened.failure.kind === "rateLimited") {
          quietUntilMs = clock.nowMs + (happened.failure.retryAfterMs ?? 1_000);
        }
        return (after.phase !== "connecting" && after.phase !== "checking") || clock.nowMs >= quietUntilMs;
      });
    };
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("I13: a wait that was told to poll never opens the stream", () => {
    const polling = drivenWaits.filter(([first]) => first?.before.phase === "checking");
    expect(breach(polling, each(({ after: { phase } }) => phase !== "connecting" && phase !== "streaming"))).toBeUndefined();
  });

  test("I14: a wait that runs out of time tells its last failed request, unless the server was heard after it", () => {
    const rule: Rule = (steps) => {
      let last: unknown;
      return steps.every(({ event: happened, clock, after }) => {
        if (happened.type === "streamOpened" || happened.type === "saidNotReady") last = undefined;
        if ("failure" in happened && "error" in happened.failure) last = happened.failure.error;
        const ended = next(after, { type: "deadlinePassed" }, clock);
        return isFinal(after) || (ended.phase === "timedOut" && ended.lastError === last);
      });
    };
    expect(breach(drivenWaits, rule)).toBeUndefined();
  });

  test("the random waits reach every phase, and reopen streams", () => {
    const seen = fc.sample(drivenWaits, { numRuns: 500, seed: 1 }).flat();
    expect(new Set(seen.map(({ after }) => after.phase))).toEqual(
      new Set(["connecting", "streaming", "checking", "pausing", "ready", "timedOut", "failed"]),
    );
    expect(seen.filter(({ before, after }) => before.phase === "pausing" && after.phase === "connecting").length).toBeGreaterThan(100);
  });
});
