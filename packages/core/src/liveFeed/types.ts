import type { MiosaClient } from "../client.js";
import type { MiosaEvent } from "../events/types.js";
import type { ReadinessSnapshot } from "../readiness/types.js";

/**
 * How the one event stream is doing.
 *
 *     idle ──► connecting ──► open ◄──► lost
 *                   └──► unavailable ──► connecting (after a pause)
 *
 * While it is not open, watches go on by at most two streams of their own and one polling loop for the rest.
 */
export type LiveFeedPhase = "idle" | "connecting" | "open" | "lost" | "unavailable";

/** Whose connection carries the feed: this tab's alone, this tab's for all tabs, or another tab's. */
export type LiveFeedRole = "alone" | "leader" | "follower";

/** What a live feed is doing, for a connection badge. */
export interface LiveFeedStatus {
  readonly phase: LiveFeedPhase;
  readonly role: LiveFeedRole;
  /** Sandboxes watched now. */
  readonly watched: number;
}

/** Options of `createLiveFeed`. */
export interface LiveFeedOptions {
  /** Deadline of a watch that names none, in milliseconds: it then shows `timedOut`, and still turns `ready` if the feed says so. @default 30000 */
  timeoutMs?: number | undefined;
  /** The feed, or a watch's own stream, without a byte for this long is lost, in milliseconds. @default 45000 */
  idleTimeoutMs?: number | undefined;
  /** First pause between two polls of what the feed does not carry, in milliseconds; it grows to ten times this. @default 1000 */
  pollIntervalMs?: number | undefined;
  /**
   * How long the connection stays open when nobody watches or listens any more, in milliseconds, where an app's next page
   * mounts some moments after the last one has gone. `close` does not wait for it. @default 0, which is the next task
   */
  lingerMs?: number | undefined;
  /**
   * One tab holds the stream for all tabs of this browser that use the same credential. True shares where the client's own
   * credential is fixed. Behind a gateway, or with a token function, the page must say whose feed it is: `key` names the
   * signed-in user, and only tabs with the same key share. False never shares. @default true
   */
  acrossTabs?: boolean | { readonly key: string } | undefined;
}

/** Options of one watch. */
export interface WatchOptions {
  /** @default the feed's `timeoutMs` */
  timeoutMs?: number | undefined;
}

/** One watcher's hold on a sandbox. Watchers of one id share everything; the last to close ends it. */
export interface Watch {
  readonly id: string;
  /** The newest state; the same object until something changes. */
  get(): ReadinessSnapshot;
  /** Calls back after each change. Returns a function that stops it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Many sandboxes on one connection. */
export interface LiveFeed {
  /** Follows the readiness of one sandbox until the watch is closed. Throws `INVALID_ARGUMENT` for an empty id or a negative deadline. */
  watch(id: string, options?: WatchOptions): Watch;
  /** Starts a watched sandbox's wait over, with a new deadline. Does nothing for an id that nobody watches. */
  retry(id: string): void;
  /** Calls back for every sandbox event, and keeps the stream open to get them. Returns a function that stops it. */
  onEvent(listener: (event: MiosaEvent) => void): () => void;
  /** Calls back each time events may have been missed, so that lists should be asked for again: the stream has opened anew, or events came while nobody listened. */
  onGap(listener: () => void): () => void;
  status(): LiveFeedStatus;
  /** Calls back after each change of the status. Returns a function that stops it. */
  onStatus(listener: () => void): () => void;
  /** Ends all watches and closes every connection and timer. */
  close(): void;
}

/** What of a client the feed uses. */
export type FeedClient = Pick<MiosaClient, "sandboxes" | "events" | "identity">;
