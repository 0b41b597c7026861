import { headerNames, type Route } from "@miosa/protocol";
import { createDeadline, pause, startTimer } from "../timers.js";
import type { Upstream } from "../upstream.js";
import type { FeedPosition } from "./eventFeed.js";
import { readEvents, type UpstreamMessage } from "./upstreamEvents.js";

/** How the upstream feed is followed. */
export interface FollowOptions {
  upstream: Upstream;
  route: Route;
  signal: AbortSignal;
  /** Nothing received for this long counts as a lost connection, in milliseconds. */
  idleMs: number;
  /** Until the API has answered, in milliseconds. */
  connectMs: number;
  /** Random number from 0 to 1, for the spread of reconnects. */
  random: () => number;
  position(): FeedPosition;
  /** True once a connection was open: what happened since may have been missed. */
  hasFollowed: boolean;
  /** True while somebody is there to reconnect for. */
  isWanted(): boolean;
  onOpen(): void;
  onMessage(message: UpstreamMessage): void;
  /** Events may have been missed. */
  onGap(): void;
}

const firstRetryMs = 250;
const longestRetryMs = 10_000;
const proofMs = 1_000;
/** A connection that lasted this long was sound; one that was cut sooner counts as a failure, though it opened. */
const soundMs = 5_000;

/**
 * Follows the API's event stream, reconnecting for as long as it is wanted. Rejects when the first connection fails.
 *
 * A server that cannot resume says nothing and goes on live. So after a loss we ask for the events after the last but one:
 * if the last one comes again, which we then drop, nothing was missed; anything else is a gap.
 */
export async function followUpstream(options: FollowOptions): Promise<void> {
  let { hasFollowed } = options;
  let failures = 0;
  while (!options.signal.aborted) {
    let openedAtMs = Number.POSITIVE_INFINITY;
    try {
      await followOnce(options, hasFollowed, () => {
        hasFollowed = true;
        openedAtMs = performance.now();
      });
    } catch (error) {
      if (options.signal.aborted) return;
      if (!hasFollowed || !options.isWanted()) throw error;
    }
    if (!options.isWanted()) return;
    if (performance.now() - openedAtMs >= soundMs) failures = 0;
    const most = Math.min(firstRetryMs * 2 ** failures, longestRetryMs);
    failures += 1;
    await pause(most / 2 + (most / 2) * options.random(), options.signal);
  }
}

async function followOnce(options: FollowOptions, isResumed: boolean, onOpen: () => void): Promise<void> {
  const position = options.position();
  const [before, last] = position.length >= 2 ? position.slice(-2) : [undefined, position[0]];
  const askFrom = before ?? last;
  const connection = createDeadline([options.signal]);
  const connecting = startTimer(options.connectMs, () => connection.abort(new DOMException("The feed did not open in time.", "TimeoutError")));
  try {
    const response = await options.upstream.send({
      route: options.route,
      params: {},
      headers: askFrom === undefined ? {} : { [headerNames.lastEventId]: askFrom },
      requestId: `feed_${crypto.randomUUID()}`,
      signal: connection.signal,
    });
    connecting.stop();
    onOpen();
    options.onOpen();
    if (!response.body) return;
    const proof = createProof(isResumed || position.length > 0, before === undefined ? undefined : last, () => options.onGap());
    try {
      await readEvents(response.body, {
        idleMs: options.idleMs,
        signal: connection.signal,
        onMessage: (message) => {
          if (proof.take(message.id)) options.onMessage(message);
        },
      });
    } finally {
      proof.stop();
    }
  } finally {
    connecting.stop();
    connection.abort();
  }
}

/** Watches the first message after a reconnect. `take` is false for the one that proves that nothing was missed. */
function createProof(isNeeded: boolean, expected: string | undefined, onGap: () => void) {
  let isOpen = isNeeded;
  const fail = (): void => {
    isOpen = false;
    onGap();
  };
  if (isNeeded && expected === undefined) fail();
  const timer = startTimer(proofMs, () => isOpen && fail());
  return {
    take(id: string | undefined): boolean {
      if (!isOpen) return true;
      timer.stop();
      if (id !== expected) {
        fail();
        return true;
      }
      isOpen = false;
      return false;
    },
    /** A connection that is lost before its proof leaves the question to the next one, which asks from the same place. */
    stop: () => timer.stop(),
  };
}
