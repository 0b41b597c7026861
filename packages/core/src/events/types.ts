import type { MiosaError } from "../errors.js";
import type { CallOptions } from "../options.js";

/** One lifecycle event, in camelCase. Members that the server adds and we do not know are kept. Contract 5.2 and 5.3. */
export interface MiosaEvent {
  /** Such as `sandbox.ready`; the set is open. */
  type: string;
  /** Id of the sandbox or computer that it is about. */
  resourceId: string;
  /** The event's own id, with which a stream resumes; empty when the server gives none. */
  eventId: string;
  /** ISO-8601, UTC; null when the server gives none. */
  at: string | null;
  [member: string]: unknown;
}

/** Options of `events.stream`. */
export interface StreamEventsOptions {
  /** Globs such as `sandbox.*`; `*` matches any run of characters. @default every event */
  types?: readonly string[] | undefined;
  /** Resumes after this event, where the server still has it. */
  lastEventId?: string | undefined;
  /** A stream without a byte for this long is reopened, in milliseconds. @default 45000: three missed heartbeats */
  idleTimeoutMs?: number | undefined;
  /** The stream is open. `resumed` tells whether it asked to continue after an earlier event: a server may still have lost some. */
  onOpen?: ((info: { resumed: boolean }) => void) | undefined;
  /** The stream was lost or refused for now and is opened again after `retryInMs`. */
  onLost?: ((info: { error: MiosaError | undefined; retryInMs: number }) => void) | undefined;
  /** Ends the stream; the loop rejects with the signal's reason and the connection is closed. */
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Lifecycle events. Contract 5. */
export interface Events {
  /**
   * Events of everything the credential can see, for as long as the loop runs: it reconnects by itself and resumes after the
   * last event. Throws the abort reason, or the typed error of a refusal that asking again cannot change. `GET /events/stream`.
   */
  stream(options?: StreamEventsOptions): AsyncGenerator<MiosaEvent, void, void>;
  /** Events of one sandbox, its commands' output included, in the same way. `GET /sandboxes/:id/events`. */
  sandboxStream(id: string, options?: Omit<StreamEventsOptions, "types">): AsyncGenerator<MiosaEvent, void, void>;
  /**
   * A ticket with which a native `EventSource` opens one stream, as `?ticket=…`: it takes no headers. It works once and for a
   * minute, so every reconnect needs a new one. `POST /auth/sse-ticket`.
   */
  mintTicket(options?: CallOptions): Promise<{ ticket: string; expiresInSec: number }>;
}
