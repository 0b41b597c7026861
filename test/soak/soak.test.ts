import { expect, test } from "vitest";
import { createSchedule } from "./schedule.js";
import { soak } from "./soak.js";
import { soakFeed } from "./soakFeed.js";

const runs = 300;

test("no wait breaks a promise under random faults", { timeout: 300_000 }, async () => {
  const report = await soak({ seeds: Array.from({ length: runs }, (_, index) => `ci/${index}`) });
  expect(report.failures.map(({ seed, findings }) => `npm run soak -- --only ${seed}: ${findings.join("; ")}`)).toEqual([]);
  expect(report.runs).toBe(runs);
  // The schedules do what they are for.
  for (const outcome of ["true", "false", "rejected", "aborted", "left"]) expect(report.outcomes[outcome]).toBeGreaterThan(0);
  for (const fault of ["split", "delay", "stall", "reset", "cut", "halfClose", "drop", "duplicate"]) expect(report.faults[fault]).toBeGreaterThan(0);
});

test("a seed tells the whole schedule", () => {
  expect(createSchedule("ci/1")).toEqual(createSchedule("ci/1"));
  expect(createSchedule("ci/1")).not.toEqual(createSchedule("ci/2"));
});

test("no feed misses a sandbox under random faults", { timeout: 300_000 }, async () => {
  const { runs: done, left } = await soakFeed(
    Array.from({ length: 80 }, (_, index) => `ci/${index}`),
    16,
  );
  const failed = done.filter(({ findings }) => findings.length > 0);
  expect(failed.map(({ seed, findings }) => `npm run soak -- --feed --only ${seed}: ${findings.join("; ")}`)).toEqual([]);
  expect(left).toBeUndefined();
  expect(done.reduce((sum, { known }) => sum + known, 0)).toBeGreaterThan(300);
  expect(done.filter(({ wasHeldOpen }) => wasHeldOpen).length).toBeGreaterThan(10);
});
