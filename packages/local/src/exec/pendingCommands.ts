import { type Access, type Caller, ticketLifeSec } from "../access/access.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { CommandRequest } from "./runCommand.js";

/** Commands that run once their stream is opened. */
export interface PendingCommands {
  /** Keeps a command for whoever comes with the ticket that this returns. */
  add(caller: Caller, record: SandboxRecord, request: CommandRequest): string;
  /** The command of a ticket, which is forgotten by this. */
  take(ticket: string, record: SandboxRecord): CommandRequest | undefined;
}

/** How long a command waits for its stream, in seconds. */
export const pendingLifeSec = ticketLifeSec;

const maxPending = 1_000;

/** Makes the list of one server. */
export function createPendingCommands(access: Access, now: () => number): PendingCommands {
  const waiting = new Map<string, { readonly record: SandboxRecord; readonly request: CommandRequest; readonly until: number }>();
  return {
    add(caller, record, request) {
      const ticket = access.mintTicket(caller);
      waiting.set(ticket, { record, request, until: now() + pendingLifeSec * 1_000 });
      const [oldest] = waiting.keys();
      if (waiting.size > maxPending && oldest !== undefined) waiting.delete(oldest);
      return ticket;
    },
    take(ticket, record) {
      const entry = waiting.get(ticket);
      if (entry?.record !== record) return undefined;
      waiting.delete(ticket);
      return entry.until > now() ? entry.request : undefined;
    },
  };
}
