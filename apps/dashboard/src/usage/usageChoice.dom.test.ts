import { expect, test } from "vitest";
import { choiceFromParams, daysOfPeriod, mistakeInPeriod, paramsOfChoice, queryOfChoice, type UsageChoice } from "./usageChoice.js";

const nowMs = Date.UTC(2026, 4, 10, 12);
const custom = (from: string, to: string) => ({ name: "custom", from, to }) as const;

test.each<UsageChoice>([
  { period: { name: "30d" }, group: null },
  { period: { name: "7d" }, group: "project" },
  { period: { name: "month-to-date" }, group: "workspace" },
  { period: custom("2026-05-01", "2026-05-03"), group: "user" },
  { period: custom("", "odd & = ?"), group: null },
])("%j and its address say the same", (choice) => {
  expect(choiceFromParams(new URLSearchParams(paramsOfChoice(choice)))).toEqual(choice);
});

test("an address that says nothing, or nothing that is known, is the last 30 days", () => {
  expect(choiceFromParams(new URLSearchParams("period=1y&by=planet"))).toEqual({ period: { name: "30d" }, group: null });
});

test("whole days are asked for, the last one included", () => {
  expect(queryOfChoice({ period: custom("2026-05-01", "2026-05-10"), group: null }, "user", nowMs)).toEqual({
    groupBy: "externalUserId",
    period: "custom",
    start: "2026-05-01T00:00:00.000Z",
    end: "2026-05-11T00:00:00.000Z",
  });
});

test.each([
  [custom("2026-05-03", "2026-05-01"), /after the last/],
  [custom("2026-05-01", "2026-05-11"), /not come yet/],
  [custom("2026-02-30", "2026-05-01"), /Give a first/],
  [custom("", "2026-05-01"), /Give a first/],
  [custom("2026-5-1", "2026-05-01"), /Give a first/],
])("%j is refused before it is asked for", (period, mistake) => {
  expect(mistakeInPeriod(period, nowMs)).toMatch(mistake);
  expect(queryOfChoice({ period, group: null }, "user", nowMs)).toBeNull();
});

test("a single day, and today, can be reported on", () => {
  expect(mistakeInPeriod(custom("2026-05-10", "2026-05-10"), nowMs)).toBeNull();
});

test.each([
  ["7d", "2026-05-04"],
  ["30d", "2026-04-11"],
  ["month-to-date", "2026-05-01"],
] as const)("the days of %s begin on %s and end today", (name, from) => {
  expect(daysOfPeriod({ name }, nowMs)).toEqual({ from, to: "2026-05-10" });
});
