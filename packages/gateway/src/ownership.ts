import { createLru } from "./lru.js";
import { mayTouchId, owns, tenantKey, type Attribution, type GatewaySession } from "./session.js";
import type { Resource } from "./wire.js";

/** The collection that an id is looked up in. */
export type Collection = "computers" | "sandboxes";

/** Asks the API for one resource; undefined when there is none. Rejects when the API cannot say. */
export type Lookup = (collection: Collection, id: string) => Promise<Resource | undefined>;

/** Knows whose an id is, by asking the API and remembering the answer for a while. */
export interface Ownership {
  /** True when the session's tenant owns the id. Every tenant's first question costs one lookup, whatever the answer. */
  isOwned(session: GatewaySession, collection: Collection, id: string): Promise<boolean>;
  /** Takes note of a resource that the API has just shown to this session. */
  learn(session: GatewaySession, collection: Collection, resource: Resource): void;
  /** Forgets a resource that was destroyed. Its last owner stays known for the event that says so. */
  forget(id: string): void;
  /** Whose resource an event is about. Undefined when nobody's, or gone before anybody asked. */
  ownerOf(id: string): Promise<Attribution | undefined>;
}

/** How ownership is remembered. */
export interface OwnershipOptions {
  lookup: Lookup;
  /** Where the resource of an event is looked up. */
  feedCollection: Collection;
  ownershipTtlMs: number;
  unknownTtlMs: number;
  ownershipEntries: number;
  /** Milliseconds. */
  now: () => number;
}

interface Flight {
  id: string;
  isStale: boolean;
  verdict: Promise<boolean>;
}

interface KnownOwner {
  owner: Attribution;
  untilMs: number;
}

/**
 * Makes an {@link Ownership}. Claims are kept per tenant: were one tenant's knowledge used to answer another, a foreign id
 * in use would be refused faster than an unknown one. What tenants hold and what they were refused are bounded apart,
 * so that guessing ids does not push anybody's sandboxes out.
 */
export function createOwnership(options: OwnershipOptions): Ownership {
  const { now } = options;
  const held = createLru<Map<string, number>>(options.ownershipEntries);
  const refused = createLru<number>(options.ownershipEntries);
  const owners = createLru<KnownOwner>(options.ownershipEntries);
  const flights = new Map<string, Flight>();
  const ownerFlights = new Map<string, Promise<Attribution | undefined>>();

  function remember(tenant: string, collection: Collection, id: string, isOwned: boolean): void {
    const claim = `${collection} ${tenant}`;
    if (!isOwned) return refused.set(`${claim} ${id}`, now() + options.unknownTtlMs);
    refused.delete(`${claim} ${id}`);
    const claims = held.get(id) ?? new Map<string, number>();
    claims.set(claim, now() + options.ownershipTtlMs);
    held.set(id, claims);
  }

  function rememberOwner({ id, owner }: Resource): void {
    owners.set(id, { owner, untilMs: now() + options.ownershipTtlMs });
  }

  async function ask(session: GatewaySession, collection: Collection, id: string, flight: Flight): Promise<boolean> {
    const resource = await options.lookup(collection, id);
    // An API that answers with another resource than the one asked for has read the id differently than we do.
    const isOwned = resource !== undefined && resource.id === id && owns(session, resource.owner);
    if (flight.isStale) return isOwned;
    if (resource?.id === id) rememberOwner(resource);
    remember(tenantKey(session), collection, id, isOwned);
    return isOwned;
  }

  return {
    async isOwned(session, collection, id) {
      if (!mayTouchId(session, id)) return false;
      if (session.operator) return true; // the API itself says whether the id exists
      const claim = `${collection} ${tenantKey(session)}`;
      if ((held.get(id)?.get(claim) ?? 0) > now()) return true;
      const key = `${claim} ${id}`;
      if ((refused.get(key) ?? 0) > now()) return false;
      const underWay = flights.get(key);
      if (underWay) return underWay.verdict;
      const flight: Flight = { id, isStale: false, verdict: Promise.resolve(false) };
      flight.verdict = ask(session, collection, id, flight).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight.verdict;
    },
    learn(session, collection, resource) {
      rememberOwner(resource);
      if (owns(session, resource.owner)) remember(tenantKey(session), collection, resource.id, true);
    },
    forget(id) {
      held.delete(id);
      for (const flight of flights.values()) {
        if (flight.id === id) flight.isStale = true;
      }
    },
    ownerOf(id) {
      const known = owners.get(id);
      if (known && known.untilMs > now()) return Promise.resolve(known.owner);
      const underWay = ownerFlights.get(id);
      if (underWay) return underWay;
      const flight = options
        .lookup(options.feedCollection, id)
        .then((resource) => {
          if (resource?.id !== id) return known?.owner;
          rememberOwner(resource);
          return resource.owner;
        })
        .finally(() => ownerFlights.delete(id));
      ownerFlights.set(id, flight);
      return flight;
    },
  };
}
