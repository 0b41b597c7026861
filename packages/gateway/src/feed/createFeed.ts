import { eventHeartbeatMs, type Route } from "@miosa/protocol";
import { Denial, upstreamUnreachable } from "../denial.js";
import { tooMany, type GatewayLimits } from "../limits.js";
import type { Ownership } from "../ownership.js";
import { createDeadline, startTimer, type Timer } from "../timers.js";
import type { Upstream } from "../upstream.js";
import { createBrowserStreams } from "./browserStreams.js";
import { createEventOrder } from "./createEventOrder.js";
import type { EventFeed, FeedEvent, FeedPosition, FeedPositionStore, FeedRequest } from "./eventFeed.js";
import { heartbeatFrame, helloFrame, recheckFrame } from "./feedEvents.js";
import { followUpstream } from "./followUpstream.js";
import { createReplayRing } from "./replayRing.js";

/** What a feed is made of. */
export interface EventFeedParts {
  upstream: Upstream;
  route: Route;
  ownership: Ownership;
  limits: Required<GatewayLimits>;
  store?: FeedPositionStore | undefined;
  random: () => number;
}

/** One time of following the upstream stream, from the first browser's coming until some time after the last one's leaving. */
interface Run {
  stop(): void;
  /** Resolves once the stream is open; rejects when it cannot be opened. */
  readonly opened: Promise<void>;
}

const upstreamIdleMs = 3 * eventHeartbeatMs;
const connectMs = 10_000;
const lingerMs = 10_000;

/** Makes a feed that follows the API's event stream once, while anybody watches, for all browsers. */
export function createFeed(parts: EventFeedParts): EventFeed {
  const { limits, store } = parts;
  const ring = createReplayRing(limits.replayEvents);
  const streams = createBrowserStreams(limits.slowReaderBytes, startLinger);
  const order = createEventOrder({
    ownership: parts.ownership,
    lookupMs: limits.feedLookupMs,
    isKnown: (id) => ring.has(id),
    onEvent(event) {
      ring.add(event);
      streams.deliver(event);
    },
    onGap() {
      const id = `recheck_${crypto.randomUUID()}`;
      ring.restart(id);
      streams.broadcast(recheckFrame(id));
    },
    onPosition(id) {
      position = [...position.slice(-1), id];
      store?.save(position);
    },
  });
  let position: FeedPosition = [];
  let isRestored = false;
  let run: Run | undefined;
  let linger: Timer | undefined;

  function startLinger(): void {
    linger?.stop();
    linger = startTimer(lingerMs, () => {
      if (streams.size === 0) run?.stop();
    });
  }

  function start(): Run {
    const connection = createDeadline([]);
    const opened = new Promise<void>((resolve, reject) => {
      void follow(connection.signal, resolve)
        .catch(reject)
        .finally(() => {
          connection.done();
          if (run === current) run = undefined;
          // Nobody may wait on a feed that has gone; whoever comes back asks anew.
          streams.closeAll();
          reject(upstreamUnreachable(new Error("The event feed was closed.")));
        });
    });
    const current: Run = { stop: () => connection.abort(), opened };
    opened.catch(() => {}); // told to everyone who waits for it; nobody may be
    return current;
  }

  async function follow(signal: AbortSignal, onOpen: () => void): Promise<void> {
    let beat: Timer | undefined;
    const keepAlive = (): void => {
      streams.broadcast(heartbeatFrame);
      beat = startTimer(limits.heartbeatMs, keepAlive);
    };
    await restore();
    try {
      await followUpstream({
        upstream: parts.upstream,
        route: parts.route,
        signal,
        idleMs: upstreamIdleMs,
        connectMs,
        random: parts.random,
        position: () => position,
        hasFollowed: position.length > 0,
        isWanted: () => streams.size > 0,
        onOpen() {
          beat ??= startTimer(limits.heartbeatMs, keepAlive);
          onOpen();
        },
        onMessage: (message) => order.receive(message),
        onGap: () => order.gap(),
      });
    } finally {
      beat?.stop();
    }
  }

  async function restore(): Promise<void> {
    if (isRestored || !store) return;
    position = await store.load();
    isRestored = true;
    ring.restart(position.at(-1));
  }

  function opening(lastEventId: string | null, wants: (event: FeedEvent) => boolean): readonly Uint8Array[] {
    if (lastEventId === null) return [helloFrame];
    const missed = ring.after(lastEventId);
    if (!missed) return [helloFrame, recheckFrame(ring.head)];
    return [helloFrame, ...missed.filter(wants).map(({ frame }) => frame)];
  }

  return {
    async open(request: FeedRequest): Promise<Response> {
      if (streams.countFor(request.session) >= limits.concurrentStreams) throw tooMany(1, "streams at once");
      linger?.stop();
      run ??= start();
      try {
        await untilAborted(run.opened, request.signal);
      } catch (error) {
        if (streams.size === 0) startLinger();
        throw error instanceof Denial ? error : upstreamUnreachable(error);
      }
      const endsInMs = Math.min(limits.streamMaxMs, (request.session.expiresAtMs ?? Infinity) - Date.now());
      const body = streams.open(request, (wants) => opening(request.lastEventId, wants), endsInMs);
      return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
    },
    close() {
      run?.stop();
      streams.closeAll();
      linger?.stop();
    },
  };
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new DOMException("The browser has gone.", "AbortError"));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
