import { expect, test } from "vitest";
import { formatCredits, formatVcpuTime, usageSharesOf } from "./usageShares.js";

const row = (key: string | null, sandboxSeconds: number, computerSeconds = 0, creditCents = 0) => ({
  key,
  sandboxSeconds,
  computerSeconds,
  creditCents,
  storageGbHours: 0,
});
const report = (...rows: ReturnType<typeof row>[]) => ({ periodStart: null, periodEnd: null, groupBy: "externalWorkspaceId" as const, rows });

test("the largest comes first and has the whole bar, sandboxes and computers counted together", () => {
  const { shares } = usageSharesOf(report(row("small", 10), row("large", 30, 10), row(null, 20)));
  expect(shares.map(({ key, ofLargest }) => [key, ofLargest])).toEqual([["large", 1], [null, 0.5], ["small", 0.25]]);
});

test("the sums are those of what is shown", () => {
  expect(usageSharesOf(report(row("a", 10, 0, 3), row("b", 5, 5, 4)))).toMatchObject({ vcpuSeconds: 20, creditCents: 7 });
});

test("who used nothing is left out, and nobody at all is no division by zero", () => {
  expect(usageSharesOf(report(row("idle", 0))).shares).toEqual([]);
  expect(usageSharesOf(report(row("credits-only", 0, 0, 5))).shares).toMatchObject([{ key: "credits-only", ofLargest: 0 }]);
});

test.each([
  [0.42, "0.4 s"],
  [38.4, "38 s"],
  [160, "2.7 min"],
  [600, "10 min"],
  [7_200, "2.0 h"],
  [4_500_000, "1,250 h"],
])("%d vCPU-seconds read %s", (seconds, text) => {
  expect(formatVcpuTime(seconds)).toBe(text);
});

test("cents of credits read as credits", () => {
  expect([1, 1250, 1_234_567].map(formatCredits)).toEqual(["0.01", "12.50", "12,345.67"]);
});
