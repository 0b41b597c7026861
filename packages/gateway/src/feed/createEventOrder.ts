import type { Ownership } from "../ownership.js";
import type { Attribution } from "../session.js";
import { within } from "../timers.js";
import { readAttribution } from "../wire.js";
import type { FeedEvent } from "./eventFeed.js";
import { frameOf, parseEvent, type ParsedEvent } from "./feedEvents.js";
import type { UpstreamMessage } from "./upstreamEvents.js";

/** What becomes of the messages of the upstream stream. */
export interface EventOrderOptions {
  ownership: Ownership;
  /** How long one event's owner may be looked up for, while all others wait behind it, in milliseconds. */
  lookupMs: number;
  /** True for an event that was handed on before. */
  isKnown(id: string): boolean;
  /** An event whose owner is known. */
  onEvent(event: FeedEvent): void;
  /** Events may have been missed, or shown to nobody though somebody owns them. */
  onGap(): void;
  /** Everything up to this event has been dealt with. */
  onPosition(id: string): void;
}

/** Takes what comes from upstream, finds out whose it is, and hands it on in its order. */
export interface EventOrder {
  receive(message: UpstreamMessage): void;
  gap(): void;
}

/** Something that came from upstream: an event, one that concerns no tenant, or a gap. */
type Arrival =
  | { readonly kind: "event"; readonly id: string | undefined; readonly event: ParsedEvent; readonly owner: Promise<Attribution | undefined> }
  | { readonly kind: "other"; readonly id: string | undefined }
  | { readonly kind: "gap" };

const longestQueue = 5_000;

/**
 * Makes an {@link EventOrder}. Owners are looked up at once and side by side, but events go on one after another: a browser that
 * has seen an event has seen all of its own before it.
 */
export function createEventOrder(options: EventOrderOptions): EventOrder {
  let arrivals: Arrival[] = [];
  let isPumping = false;

  function arrive(arrival: Arrival): void {
    if (arrivals.length >= longestQueue) arrivals = [{ kind: "gap" }];
    arrivals.push(arrival);
    if (!isPumping) void pump();
  }

  async function pump(): Promise<void> {
    isPumping = true;
    try {
      for (let arrival = arrivals.shift(); arrival; arrival = arrivals.shift()) {
        if (arrival.kind === "gap") options.onGap();
        if (arrival.kind === "event") await handOn(arrival.id, arrival.event, arrival.owner);
        if (arrival.kind !== "gap" && arrival.id !== undefined) options.onPosition(arrival.id);
      }
    } finally {
      isPumping = false;
    }
  }

  async function handOn(id: string | undefined, event: ParsedEvent, lookup: Promise<Attribution | undefined>): Promise<void> {
    let owner: Attribution | undefined;
    try {
      owner = await within(lookup, options.lookupMs);
    } catch {
      return options.onGap(); // the API could not say whose it is: its owner must look
    }
    // An API that resumes may send again what was handed on.
    const isKnown = id !== undefined && options.isKnown(id);
    if (owner && !isKnown) {
      const eventId = id ?? `local_${crypto.randomUUID()}`;
      const { type, resourceId, data } = event;
      options.onEvent({ id: eventId, type, resourceId, owner, frame: frameOf(eventId, type, data) });
    }
    if (/\.(destroyed|deleted)$/.test(event.type)) options.ownership.forget(event.resourceId);
  }

  return {
    gap: () => arrive({ kind: "gap" }),
    receive(message) {
      const event = parseEvent(message);
      if (!event) return arrive({ kind: "other", id: message.id });
      const said = readAttribution(event.data);
      // An event that carries both labels says itself whose it is; the API need not send them. Contract 5.3.
      const isSigned = said.externalWorkspaceId !== undefined && "external_user_id" in event.data;
      const owner = isSigned ? Promise.resolve(said) : options.ownership.ownerOf(event.resourceId);
      owner.catch(() => {}); // looked at when its turn comes
      arrive({ kind: "event", id: message.id, event, owner });
    },
  };
}
