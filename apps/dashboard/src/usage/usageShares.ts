import type { UsageGroup, UsageReport, UsageRow } from "@miosa/core";

/** What one owner used, beside the others. */
export interface UsageShare {
  /** The platform's own id; null for what carries none. */
  key: string | null;
  vcpuSeconds: number;
  creditCents: number;
  /** Of the largest, 0 to 1: how long its bar is. */
  ofLargest: number;
}

/** A report, largest first, with its sums. */
export interface UsageShares {
  /** What the shares are by. */
  groupBy: UsageGroup;
  shares: readonly UsageShare[];
  vcpuSeconds: number;
  creditCents: number;
}

/** Puts a report in order. Owners that used nothing in the period are left out. */
export function usageSharesOf({ groupBy, rows }: UsageReport): UsageShares {
  const used = rows.filter((row) => secondsOf(row) > 0 || row.creditCents > 0);
  const largest = Math.max(...used.map(secondsOf), Number.MIN_VALUE);
  const shares = used
    .map((row) => ({ key: row.key, vcpuSeconds: secondsOf(row), creditCents: row.creditCents, ofLargest: secondsOf(row) / largest }))
    .sort((a, b) => b.vcpuSeconds - a.vcpuSeconds || (a.key ?? "").localeCompare(b.key ?? ""));
  const sum = (of: (share: UsageShare) => number): number => shares.reduce((total, share) => total + of(share), 0);
  return { groupBy, shares, vcpuSeconds: sum((share) => share.vcpuSeconds), creditCents: sum((share) => share.creditCents) };
}

function secondsOf({ sandboxSeconds, computerSeconds }: UsageRow): number {
  return sandboxSeconds + computerSeconds;
}

/** vCPU time for people: `0.4 s`, `38 s`, `2.7 min`, `12 min`, `3.4 h`, `1,250 h`. */
export function formatVcpuTime(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  if (minutes < 9.95) return `${minutes.toFixed(1)} min`;
  if (minutes < 119.5) return `${Math.round(minutes)} min`;
  const hours = seconds / 3_600;
  return `${hours < 99.95 ? hours.toFixed(1) : Math.round(hours).toLocaleString("en")} h`;
}

/** Credits for people: `0.01`, `12.50`. */
export function formatCredits(cents: number): string {
  return (cents / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
