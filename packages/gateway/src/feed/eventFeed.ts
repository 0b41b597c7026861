import type { GatewaySession } from "../session.js";

/** What a browser asks of the feed. The session has been checked by then. */
export interface FeedRequest {
  session: GatewaySession;
  /** The `types` filter: comma-separated globs. Null for every type. Contract 5.3. */
  types: string | null;
  /** The last event that the browser has seen. */
  lastEventId: string | null;
  /** Aborts when the browser has gone. */
  signal: AbortSignal;
  /** Called once, when the browser's stream has ended in whatever way. */
  onClose: () => void;
}

/** Where browsers get their events from: a feed of this process, or one that lives elsewhere, such as in a Durable Object. */
export interface EventFeed {
  /** Answers with the tenant's events as `text/event-stream`. Rejects when the API offers no feed or cannot be reached. */
  open(request: FeedRequest): Promise<Response>;
  /** Closes the upstream connection and every browser's stream. */
  close(): void;
}

/** One event of the API, as the feed hands it on. */
export interface FeedEvent {
  id: string;
  type: string;
  resourceId: string;
  /** Whose resource it is about. */
  owner: { externalWorkspaceId?: string; externalUserId?: string };
  /** The whole frame, ready to be written. */
  frame: Uint8Array;
}

/** The ids of the last two events that were handed on, oldest first. */
export type FeedPosition = readonly string[];

/** Keeps a feed's position where it outlives the feed, so that a restarted feed resumes. */
export interface FeedPositionStore {
  load(): Promise<FeedPosition>;
  save(position: FeedPosition): void;
}
