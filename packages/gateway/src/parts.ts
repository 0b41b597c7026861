import { computerRoutes, eventRoutes, type Route } from "@miosa/protocol";
import type { GatewayParts } from "./answer/call.js";
import { createFeed } from "./feed/createFeed.js";
import type { EventFeed, FeedPositionStore } from "./feed/eventFeed.js";
import { withDefaults, type GatewayLimits } from "./limits.js";
import type { GatewayOptions } from "./gatewayOptions.js";
import type { RouteTable } from "./matchRoute.js";
import { createOwnership, type Collection, type Lookup, type Ownership } from "./ownership.js";
import { createListFinder } from "./references.js";
import { createUpstream, type Upstream } from "./upstream.js";
import { Denial } from "./denial.js";
import { unwrapResource } from "./wire.js";

/** What a feed needs that lives on its own, such as in a Durable Object. */
export interface EventFeedOptions {
  /** The platform's secret API key. Undefined and empty throw. */
  apiKey: string | undefined;
  /** Base URL of the API. @default `https://api.miosa.ai/api/v1` */
  upstream?: string | undefined;
  /** Used for upstream requests. @default the global fetch */
  fetch?: typeof fetch;
  limits?: GatewayLimits;
  /** The collection that the resource of an event is looked up in. @default "computers" */
  sandboxApi?: Collection;
  /** Where the feed's position outlives it, so that a restarted feed resumes. */
  store?: FeedPositionStore;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** Makes the one feed that all of a platform's browsers share, for a gateway elsewhere. Throws a `TypeError` without a key. */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const limits = withDefaults(options.limits);
  const upstream = createUpstream({ ...options, timeoutMs: limits.upstreamTimeoutMs });
  const ownership = createOwnershipFor(upstream, limits, options.sandboxApi ?? "computers", options.now ?? Date.now);
  return createFeed({ upstream, route: eventRoutes.stream, ownership, limits, store: options.store, random: Math.random });
}

/** Puts together what a gateway holds for as long as it lives. */
export function createParts(table: RouteTable, options: GatewayOptions): GatewayParts {
  const limits = withDefaults(options.limits);
  const upstream = createUpstream({ ...options, timeoutMs: limits.upstreamTimeoutMs });
  const sandboxApi = options.sandboxApi ?? "computers";
  const ownership = createOwnershipFor(upstream, limits, sandboxApi, options.now ?? Date.now);
  const route = Object.values(table).flatMap((group) => Object.values(group)).find(({ scope }) => scope === "feed");
  const feed = options.feed ?? createFeed({ upstream, route: route ?? eventRoutes.stream, ownership, limits, random: Math.random });
  return {
    limits,
    upstream,
    ownership,
    feed,
    connectWebSocket: options.connectWebSocket,
    findListRoute: createListFinder(table),
    createFields: options.createFields ?? [],
    // By the spec a sandbox is a computer, and its id is looked up there, also for the routes under /sandboxes.
    collectionOf: (path) => (sandboxApi === "sandboxes" && path.startsWith("/sandboxes") ? "sandboxes" : "computers"),
  };
}

const lookupRoutes: Readonly<Record<Collection, Route>> = {
  computers: computerRoutes.get,
  sandboxes: { method: "GET", path: "/sandboxes/:id", permission: "read", kind: "json" },
};

function createOwnershipFor(
  upstream: Upstream,
  limits: Required<GatewayLimits>,
  feedCollection: Collection,
  now: () => number,
): Ownership {
  const lookup: Lookup = async (collection, id) => {
    try {
      const requestId = `own_${crypto.randomUUID()}`;
      const answer = await upstream.readJson({ route: lookupRoutes[collection], params: { id }, requestId });
      return unwrapResource(answer.body);
    } catch (error) {
      // Whatever the API finds wrong with an id, nobody owns it. That it is down or busy says nothing of the id.
      if (error instanceof Denial && error.status < 500 && error.status !== 429) return undefined;
      throw error;
    }
  };
  return createOwnership({ lookup, feedCollection, now, ...limits });
}
