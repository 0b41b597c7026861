import { eventHeartbeatMs, feedRecheckType, type Route } from "@miosa/protocol";
import { Denial, upstreamUnreachable } from "../denial.js";
import { tooMany, type GatewayLimits } from "../limits.js";
import type { Ownership } from "../ownership.js";
import type { Attribution } from "../session.js";
import { createDeadline, startTimer, type Timer } from "../timers.js";
import type { Upstream } from "../upstream.js";
import { isRecord, readAttribution } from "../wire.js";
import { createBrowserStreams } from "./browserStreams.js";
import type { EventFeed, FeedEvent, FeedPosition, FeedPositionStore, FeedRequest } from "./eventFeed.js";
import { followUpstream } from "./followUpstream.js";
import { createReplayRing } from "./replayRing.js";
import type { UpstreamMessage } from "./upstreamEvents.js";

/** What a feed is made of. */
export interface EventFeedParts {
  upstream: Upstream;
  route: Route;
  ownership: Ownership;
  limits: Required<GatewayLimits>;
  store?: FeedPositionStore | undefined;
  random: () => number;
}

/** Something that happened upstream, in order: an event, one that concerns no tenant, or a gap. */
type Arrival =
  | { readonly kind: "event"; readonly id: string | undefined; readonly event: ParsedEvent; readonly owner: Promise<Attribution | undefined> }
  | { readonly kind: "other"; readonly id: string | undefined }
  | { readonly kind: "gap" };

interface ParsedEvent {
  type: string;
  resourceId: string;
  data: Record<string, unknown>;
}

const upstreamIdleMs = 3 * eventHeartbeatMs;
const connectMs = 10_000;
const lingerMs = 10_000;
const longestQueue = 5_000;
const encoder = /* @__PURE__ */ new TextEncoder();
const hello = /* @__PURE__ */ encoder.encode(": connected\n\n");
const heartbeat = /* @__PURE__ */ encoder.encode(": heartbeat\n\n");

/** Makes a feed that follows the API's event stream once, while anybody watches, for all browsers. */
export function createFeed(parts: EventFeedParts): EventFeed {
  const ring = createReplayRing(parts.limits.replayEvents);
  const streams = createBrowserStreams(parts.limits.slowReaderBytes, startLinger);
  const arrivals: Arrival[] = [];
  let position: FeedPosition = [];
  let run: { stop: () => void; opened: Promise<void> } | undefined;
  let linger: Timer | undefined;
  let isPumping = false;
  let isRestored = false;

  function startLinger(): void {
    linger?.stop();
    linger = startTimer(lingerMs, () => {
      if (streams.size === 0) run?.stop();
    });
  }

  function start(): { stop: () => void; opened: Promise<void> } {
    const connection = createDeadline([]);
    let beat: Timer | undefined;
    const keepAlive = (): void => {
      streams.broadcast(heartbeat);
      beat = startTimer(parts.limits.heartbeatMs, keepAlive);
    };
    const opened = new Promise<void>((resolve, reject) => {
      void restore()
        .then(() =>
          followUpstream({
            upstream: parts.upstream,
            route: parts.route,
            signal: connection.signal,
            idleMs: upstreamIdleMs,
            connectMs,
            random: parts.random,
            position: () => position,
            hasFollowed: position.length > 0,
            isWanted: () => streams.size > 0,
            onOpen: () => {
              beat ??= startTimer(parts.limits.heartbeatMs, keepAlive);
              resolve();
            },
            onMessage: receive,
            onGap: () => arrive({ kind: "gap" }),
          }),
        )
        .catch(reject)
        .finally(() => {
          beat?.stop();
          connection.done();
          if (run === current) run = undefined;
          // Nobody may wait on a feed that has gone; whoever comes back asks anew.
          streams.closeAll();
          reject(upstreamUnreachable(new Error("The event feed was closed.")));
        });
    });
    const current = { stop: () => connection.abort(), opened };
    opened.catch(() => {}); // told to everyone who waits for it; nobody may be
    return current;
  }

  async function restore(): Promise<void> {
    if (isRestored || !parts.store) return;
    position = await parts.store.load();
    isRestored = true;
    ring.restart(position.at(-1));
  }

  function receive(message: UpstreamMessage): void {
    const event = parseEvent(message);
    if (!event) return arrive({ kind: "other", id: message.id });
    const said = readAttribution(event.data);
    // An event that carries both labels says itself whose it is; the API need not send them. Contract 5.3.
    const isSigned = said.externalWorkspaceId !== undefined && "external_user_id" in event.data;
    const owner = isSigned ? Promise.resolve(said) : parts.ownership.ownerOf(event.resourceId);
    owner.catch(() => {}); // looked at when its turn comes
    arrive({ kind: "event", id: message.id, event, owner });
  }

  function arrive(arrival: Arrival): void {
    if (arrivals.length >= longestQueue) {
      arrivals.length = 0;
      arrivals.push({ kind: "gap" });
    }
    arrivals.push(arrival);
    if (!isPumping) void pump();
  }

  /** Hands arrivals on in their order: a browser that has seen an event has seen all of its own before it. */
  async function pump(): Promise<void> {
    isPumping = true;
    for (let arrival = arrivals.shift(); arrival; arrival = arrivals.shift()) {
      if (arrival.kind === "gap") tellToRecheck();
      if (arrival.kind === "event") await handOn(arrival.id, arrival.event, arrival.owner);
      if (arrival.kind !== "gap" && arrival.id !== undefined) moveTo(arrival.id);
    }
    isPumping = false;
  }

  async function handOn(id: string | undefined, event: ParsedEvent, owner: Promise<Attribution | undefined>): Promise<void> {
    let known: Attribution | undefined;
    try {
      known = await owner;
    } catch {
      return tellToRecheck(); // the API could not say whose it is: its owner must look
    }
    // An API that resumes may send again what was handed on.
    const isKnown = id !== undefined && ring.has(id);
    if (known && !isKnown) {
      const eventId = id ?? `local_${crypto.randomUUID()}`;
      const feedEvent: FeedEvent = {
        id: eventId,
        type: event.type,
        resourceId: event.resourceId,
        owner: known,
        frame: frameOf(eventId, event.type, event.data),
      };
      ring.add(feedEvent);
      streams.deliver(feedEvent);
    }
    if (/\.(destroyed|deleted)$/.test(event.type)) parts.ownership.forget(event.resourceId);
  }

  function moveTo(id: string): void {
    const last = position.at(-1);
    position = last === undefined ? [id] : [last, id];
    parts.store?.save(position);
  }

  function tellToRecheck(): void {
    const id = `recheck_${crypto.randomUUID()}`;
    ring.restart(id);
    streams.broadcast(recheckFrame(id));
  }

  function opening(lastEventId: string | null, wants: (event: FeedEvent) => boolean): readonly Uint8Array[] {
    if (lastEventId === null) return [hello];
    const missed = ring.after(lastEventId);
    if (!missed) return [hello, recheckFrame(ring.head)];
    return [hello, ...missed.filter(wants).map(({ frame }) => frame)];
  }

  return {
    async open(request: FeedRequest): Promise<Response> {
      if (streams.countFor(request.session) >= parts.limits.concurrentStreams) throw tooMany(1, "streams at once");
      linger?.stop();
      run ??= start();
      try {
        await untilAborted(run.opened, request.signal);
      } catch (error) {
        if (streams.size === 0) startLinger();
        throw error instanceof Denial ? error : upstreamUnreachable(error);
      }
      const endsInMs = Math.min(parts.limits.streamMaxMs, (request.session.expiresAtMs ?? Infinity) - Date.now());
      const body = streams.open(request, (wants) => opening(request.lastEventId, wants), endsInMs);
      return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
    },
    close() {
      linger?.stop();
      run?.stop();
      streams.closeAll();
      linger?.stop();
    },
  };
}

/** Only these are about one sandbox or computer, which has one owner. Contract 5.3. */
function parseEvent({ type: name, data }: UpstreamMessage): ParsedEvent | undefined {
  const body = parseJson(data);
  if (!isRecord(body)) return undefined;
  const type = typeof body["type"] === "string" ? body["type"] : name;
  const resourceId = body["id"];
  if (type === undefined || !/^(sandbox|computer)\.[\w.]{1,64}$/.test(type)) return undefined;
  if (typeof resourceId !== "string" || !/^\w[\w.~-]{0,127}$/.test(resourceId)) return undefined;
  return { type, resourceId, data: body };
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined; // not an event of this API: it concerns nobody
  }
}

function frameOf(id: string | undefined, type: string, data: unknown): Uint8Array {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return encoder.encode(`${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function recheckFrame(id: string | undefined): Uint8Array {
  return frameOf(id, feedRecheckType, { type: feedRecheckType, id: "feed" });
}

function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new DOMException("The browser has gone.", "AbortError"));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
