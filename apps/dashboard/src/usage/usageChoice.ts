import type { UsageGroup, UsageQuery } from "@miosa/core";

/** What a report is by. */
export const usageGroups = { workspace: "externalWorkspaceId", user: "externalUserId", project: "externalProjectId" } as const satisfies Record<string, UsageGroup>;

/** A key of {@link usageGroups}. */
export type UsageGroupKey = keyof typeof usageGroups;

/** Periods that need no dates. */
const namedPeriods = ["7d", "30d", "month-to-date"] as const;

/** What is reported on. */
export type UsagePeriod =
  | { name: (typeof namedPeriods)[number] }
  /** Whole days in UTC, `2026-05-01`, the last one included; as they were given, so they may be no days at all. */
  | { name: "custom"; from: string; to: string };

/** A report as it was chosen. A group of null is the one that suits whoever is signed in. */
export interface UsageChoice {
  period: UsagePeriod;
  group: UsageGroupKey | null;
}

const dayMs = 86_400_000;

/** Reads a choice from an address. */
export function choiceFromParams(params: URLSearchParams): UsageChoice {
  const [from, to, period] = [params.get("from"), params.get("to"), params.get("period")];
  const isCustom = from !== null || to !== null;
  return {
    period: isCustom ? { name: "custom", from: from ?? "", to: to ?? "" } : { name: namedPeriods.find((name) => name === period) ?? "30d" },
    group: groupFrom(params.get("by")),
  };
}

/** Writes a choice for an address; what goes without saying is left out. */
export function paramsOfChoice({ period, group }: UsageChoice): [string, string][] {
  const span: [string, string][] =
    period.name === "custom" ? [["from", period.from], ["to", period.to]] : period.name === "30d" ? [] : [["period", period.name]];
  return group === null ? span : [...span, ["by", group]];
}

/** What is wrong with the days of a period; null when they can be reported on. */
export function mistakeInPeriod(period: UsagePeriod, nowMs: number): string | null {
  if (period.name !== "custom") return null;
  const [from, to] = [dayFrom(period.from), dayFrom(period.to)];
  if (from === null || to === null) return "Give a first and a last day.";
  if (from > to) return "The first day is after the last.";
  return to > nowMs ? "The last day has not come yet." : null;
}

/** The report to ask for; null where its days are not to be had. */
export function queryOfChoice({ period }: UsageChoice, group: UsageGroupKey, nowMs: number): UsageQuery | null {
  const groupBy = usageGroups[group];
  if (period.name !== "custom") return { groupBy, period: period.name };
  const [from, to] = [dayFrom(period.from), dayFrom(period.to)];
  if (from === null || to === null || mistakeInPeriod(period, nowMs) !== null) return null;
  return { groupBy, period: "custom", start: new Date(from).toISOString(), end: new Date(to + dayMs).toISOString() };
}

/** The same span in days, to begin from when other days are chosen. */
export function daysOfPeriod(period: UsagePeriod, nowMs: number): { from: string; to: string } {
  if (period.name === "custom") return period;
  const to = dayOf(nowMs);
  if (period.name === "month-to-date") return { from: `${to.slice(0, 8)}01`, to };
  return { from: dayOf(nowMs - (period.name === "7d" ? 6 : 29) * dayMs), to };
}

/** A day in UTC, `2026-05-01`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** When a day begins in UTC, in milliseconds; null for what is no day, such as the 31st of a month without one. */
function dayFrom(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || dayOf(ms) !== text ? null : ms;
}

function groupFrom(text: string | null): UsageGroupKey | null {
  return text === "workspace" || text === "user" || text === "project" ? text : null;
}
