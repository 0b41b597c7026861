import { useEffect } from "react";
import type { Sandbox } from "@miosa/core";
import type { SandboxReadiness } from "@miosa/react";

/** One part of a boot, by the server's clock. */
export interface BootStep {
  /** The server's name of it, such as `starting_agent`. */
  phase: string;
  startMs: number;
  /** Null for the one that the boot did not get past. */
  tookMs: number | null;
}

/** How the last boot of a sandbox went, as its row tells it. */
export interface BootReport {
  steps: readonly BootStep[];
  /** From its beginning to ready, in milliseconds; null when it did not get there. */
  totalMs: number | null;
  /** True when the server had booted it before anybody asked. */
  isWarm: boolean;
}

/** Reads a boot from a row; null where the server does not tell of boots, or not yet. */
export function bootReportOf(sandbox: Sandbox): BootReport | null {
  const { bootMs, bootPath } = sandbox;
  const marks = marksOf(sandbox);
  if (marks.length === 0 && typeof bootMs !== "number") return null;
  const end = marks.find(({ phase }) => phase === "ready");
  const steps = marks
    .filter((mark) => mark !== end)
    .map(({ phase, atMs }, index) => ({ phase, startMs: atMs, tookMs: tookFrom(atMs, marks[index + 1]) }));
  return { steps, totalMs: end?.atMs ?? (typeof bootMs === "number" ? bootMs : null), isWarm: bootPath === "warm" };
}

/**
 * How the boot goes, or went; null while the row on the page tells of an earlier one. Asks for the row once more when the boot has
 * ended, if the row is older: a change of state is told to the page, the steps of a boot are not.
 */
export function useBootReport(sandbox: Sandbox, readiness: SandboxReadiness, refetch: () => Promise<unknown>): BootReport | null {
  const { phase, readyAt } = readiness;
  const isOld = ("boot" in sandbox || "bootMs" in sandbox) && isBefore(sandbox, phase, readyAt);
  useEffect(() => {
    if (isOld) void refetch();
  }, [isOld, refetch]);
  const report = isOld ? null : bootReportOf(sandbox);
  // One that came to its end is not the one that is under way.
  return report !== null && report.totalMs !== null && !readiness.isFinal ? null : report;
}

function isBefore(sandbox: Sandbox, phase: SandboxReadiness["phase"], readyAt: string | null): boolean {
  const report = bootReportOf(sandbox);
  if (phase === "failed") return report === null;
  if (phase !== "ready") return false;
  const knownAt = sandbox["readyAt"];
  if (readyAt === null) return report === null || report.totalMs === null;
  return typeof knownAt !== "string" || Date.parse(knownAt) !== Date.parse(readyAt);
}

function tookFrom(atMs: number, next: { atMs: number } | undefined): number | null {
  return next === undefined ? null : Math.max(0, next.atMs - atMs);
}

function marksOf({ boot }: Sandbox): { phase: string; atMs: number }[] {
  return Array.isArray(boot) ? boot.filter(isMark) : [];
}

function isMark(value: unknown): value is { phase: string; atMs: number } {
  return typeof value === "object" && value !== null && "phase" in value && typeof value.phase === "string" && "atMs" in value && typeof value.atMs === "number";
}
