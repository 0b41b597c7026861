import { randomUUID } from "node:crypto";
import type { BoxExecution } from "../drivers/driver.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { ExecStart } from "./execWires.js";

/** A shell that somebody asked for, whether or not it is connected. */
export interface TerminalSession {
  readonly id: string;
  readonly record: SandboxRecord;
  readonly start: ExecStart;
  /** Until when it waits to be connected, in milliseconds since 1970. */
  readonly until: number;
  /** Aborts when the session is deleted. */
  readonly ended: AbortController;
  /** The shell, once it is connected. */
  execution?: BoxExecution;
}

/** The terminal sessions of a server. Contract 4.16. */
export interface Terminals {
  create(record: SandboxRecord, start: ExecStart): TerminalSession;
  /** A session of this sandbox that can still be connected. */
  get(record: SandboxRecord, id: string): TerminalSession | undefined;
  /** Ends a session and what runs in it. False when there is none. */
  end(record: SandboxRecord, id: string): boolean;
}

const lifeMs = 60 * 60_000;
const maxSessions = 1_000;

/** Makes the sessions of one server. */
export function createTerminals(now: () => number): Terminals {
  const sessions = new Map<string, TerminalSession>();
  function get(record: SandboxRecord, id: string): TerminalSession | undefined {
    const session = sessions.get(id);
    return session?.record === record && session.until > now() ? session : undefined;
  }
  return {
    get,
    create(record, start) {
      const session: TerminalSession = { id: `term_${randomUUID()}`, record, start, until: now() + lifeMs, ended: new AbortController() };
      sessions.set(session.id, session);
      const [oldest] = sessions.keys();
      if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest);
      return session;
    },
    end(record, id) {
      const session = get(record, id);
      session?.ended.abort(new Error("The terminal was closed."));
      return session !== undefined && sessions.delete(id);
    },
  };
}
