import { randomUUID } from "node:crypto";
import type { BoxExecution } from "../drivers/driver.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { ExecStart } from "./execWires.js";

/** Size of a terminal. */
export type TerminalSize = NonNullable<ExecStart["tty"]>;

/** A shell that somebody asked for, whether or not it is connected. */
export interface TerminalSession {
  readonly id: string;
  readonly record: SandboxRecord;
  /** What its shell is started with, at the size that was asked for last. */
  start(): ExecStart;
  /** Until when it waits to be connected, in milliseconds since 1970. */
  readonly until: number;
  /** Aborts when the session is deleted. */
  readonly ended: AbortController;
  /** Sizes its terminal, be it connected already or not. */
  resize(size: TerminalSize): void;
  /** To be called with the shell once it is connected. */
  connect(execution: BoxExecution): void;
}

/** The terminal sessions of a server. Contract 4.16. */
export interface Terminals {
  create(record: SandboxRecord, start: ExecStart, size: TerminalSize): TerminalSession;
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
    create(record, start, size) {
      const session = createSession(record, start, size, now() + lifeMs);
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

function createSession(record: SandboxRecord, start: ExecStart, first: TerminalSize, until: number): TerminalSession {
  let size = first;
  let connected: BoxExecution | undefined;
  return {
    id: `term_${randomUUID()}`,
    record,
    until,
    ended: new AbortController(),
    start: () => ({ ...start, tty: size }),
    resize(wanted) {
      size = wanted;
      connected?.resize(size.rows, size.columns);
    },
    connect(execution) {
      connected = execution;
      connected.resize(size.rows, size.columns); // it may have been asked for another one while it started
    },
  };
}
