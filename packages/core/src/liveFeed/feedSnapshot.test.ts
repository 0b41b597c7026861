import { expect, test } from "vitest";
import { MiosaError } from "../errors.js";
import type { ReadinessPhase, ReadinessSnapshot } from "../readiness/types.js";
import { learn, type Knowledge } from "./feedSnapshot.js";

const error = new MiosaError("gone", { code: "SANDBOX_DESTROYED" });
const base = { source: "feed", startedAtMs: 1 } as const;
const snapshots: Record<ReadinessPhase, ReadinessSnapshot> = {
  connecting: { phase: "connecting", ...base },
  booting: { phase: "booting", ...base },
  ready: { phase: "ready", ...base, elapsedMs: 5, readyAt: null },
  timedOut: { phase: "timedOut", ...base, elapsedMs: 5, reason: null },
  failed: { phase: "failed", ...base, elapsedMs: 5, error },
};
const knowledge: Record<Knowledge["kind"], Knowledge> = {
  booting: { kind: "booting" },
  ready: { kind: "ready", readyAt: null },
  timedOut: { kind: "timedOut", reason: null },
  failed: { kind: "failed", error },
};

/** The phase after learning something in a phase; a missing cell does not compile. */
const table: Record<ReadinessPhase, Record<Knowledge["kind"], ReadinessPhase>> = {
  connecting: { booting: "booting", ready: "ready", timedOut: "timedOut", failed: "failed" },
  booting: { booting: "booting", ready: "ready", timedOut: "timedOut", failed: "failed" },
  ready: { booting: "ready", ready: "ready", timedOut: "ready", failed: "failed" },
  timedOut: { booting: "timedOut", ready: "ready", timedOut: "timedOut", failed: "failed" },
  failed: { booting: "failed", ready: "failed", timedOut: "failed", failed: "failed" },
};

for (const [phase, row] of Object.entries(table)) {
  for (const [kind, expected] of Object.entries(row)) {
    test(`a ${phase} sandbox of which one learns ${kind} is ${expected}`, () => {
      const before = Object.values(snapshots).find((snapshot) => snapshot.phase === phase);
      const news = Object.values(knowledge).find((each) => each.kind === kind);
      if (!before || !news) throw new Error("The table names an unknown phase or kind.");
      const after = learn(before, news, { source: "feed", elapsedMs: 9 });
      expect(after.phase).toBe(expected);
      expect(after === before).toBe(after.phase === before.phase);
    });
  }
}

test("booting by another source is news, so that a watcher sees where its word comes from", () => {
  const after = learn(snapshots.booting, knowledge.booting, { source: "poll", elapsedMs: 9 });
  expect(after).toEqual({ phase: "booting", source: "poll", startedAtMs: 1 });
});
