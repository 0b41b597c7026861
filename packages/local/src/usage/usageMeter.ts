import { randomUUID } from "node:crypto";
import { sizes, type SandboxRecord } from "../sandboxes/sandboxRecord.js";

/** One run of a sandbox or computer, from ready to its end. */
export interface UsageSession {
  readonly id: string;
  readonly record: SandboxRecord;
  readonly startedAt: number;
  endedAt?: number;
}

/** Counts how long each sandbox runs. */
export interface UsageMeter {
  /** Looks at a sandbox whose status has changed. */
  note(record: SandboxRecord): void;
  /** A tenant's runs, newest first; runs of destroyed sandboxes stay. */
  sessions(tenantId: string): readonly UsageSession[];
}

const kept = 10_000;

/** Makes the meter of one server. */
export function createUsageMeter(now: () => number): UsageMeter {
  const sessions: UsageSession[] = [];
  const open = new Map<string, UsageSession>();
  return {
    note(record) {
      const current = open.get(record.id);
      if (record.status === "running" && !current) {
        const session: UsageSession = { id: `ses_${randomUUID()}`, record, startedAt: now() };
        open.set(record.id, session);
        sessions.push(session);
        if (sessions.length > kept) sessions.shift();
      } else if (record.status !== "running" && current) {
        current.endedAt = now();
        open.delete(record.id);
      }
    },
    sessions: (tenantId) => sessions.filter(({ record }) => record.tenantId === tenantId).toReversed(),
  };
}

/** Seconds that a run lasted within a period. */
export function secondsOf(session: UsageSession, from: number, to: number, now: number): number {
  const end = Math.min(session.endedAt ?? now, to);
  return Math.max(0, end - Math.max(session.startedAt, from)) / 1_000;
}

/** Virtual processors of a run's size. */
export function vcpusOf({ record }: UsageSession): number {
  return sizes[record.size].vcpus;
}
