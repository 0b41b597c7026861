import { randomUUID } from "node:crypto";
import { type SandboxRecord, sizes } from "../sandboxes/sandboxRecord.js";
import { type Journal, noJournal } from "../state/journal.js";
import { type SavedSession, toSavedSession, type UsageSession } from "./usageSession.js";

export type { UsageSession, UsageSubject } from "./usageSession.js";

/** Counts how long each sandbox runs. */
export interface UsageMeter {
  /** Looks at a sandbox whose status has changed. */
  note(record: SandboxRecord): void;
  /** A tenant's runs, newest first; runs of destroyed sandboxes stay. */
  sessions(tenantId: string): readonly UsageSession[];
  /** True while something runs. */
  isRunning(): boolean;
  /** Takes over the runs of an earlier server, which was last known to run at `aliveAt`; `recordOf` finds what there still is. */
  takeOver(saved: readonly SavedSession[], aliveAt: number, recordOf: (id: string) => SandboxRecord | undefined): void;
}

const kept = 10_000;

/** Makes the meter of one server. */
export function createUsageMeter(now: () => number, journal: Journal = noJournal): UsageMeter {
  const sessions: UsageSession[] = [];
  const open = new Map<string, UsageSession>();

  function write(session: UsageSession): void {
    journal.note(`session:${session.id}`, () => toSavedSession(session));
  }

  function add(session: UsageSession): void {
    sessions.push(session);
    write(session);
    const oldest = sessions.length > kept ? sessions.shift() : undefined;
    if (oldest) journal.note(`session:${oldest.id}`, () => undefined);
  }

  return {
    note(record) {
      const current = open.get(record.id);
      if (record.status === "running" && !current) {
        const session: UsageSession = { id: `ses_${randomUUID()}`, record, startedAt: now() };
        open.set(record.id, session);
        add(session);
      } else if (record.status !== "running" && current) {
        current.endedAt = now();
        open.delete(record.id);
        write(current);
      }
      // Its size may have changed after its runs were written down, and from here on nothing else tells it.
      if (record.status === "destroyed") for (const session of sessions) if (session.record === record) write(session);
    },
    sessions: (tenantId) => sessions.filter(({ record }) => record.tenantId === tenantId).toReversed(),
    isRunning: () => open.size > 0,
    takeOver(saved, aliveAt, recordOf) {
      for (const { record, startedAt, endedAt = Math.max(startedAt, aliveAt), ...session } of saved.toSorted((a, b) => a.startedAt - b.startedAt)) {
        add({ ...session, startedAt, endedAt, record: recordOf(record.id) ?? record });
      }
    },
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
