import type { Denial } from "../denial.js";
import type { EventFeed } from "../feed/eventFeed.js";
import type { UpgradeGrant } from "../gatewayOptions.js";
import type { GatewayLimits } from "../limits.js";
import type { RouteMatch } from "../matchRoute.js";
import type { Collection, Ownership } from "../ownership.js";
import { notFound } from "../denial.js";
import type { FindListRoute } from "../references.js";
import type { GatewaySession } from "../session.js";
import type { Upstream } from "../upstream.js";

/** What a gateway holds for as long as it lives. */
export interface GatewayParts {
  upstream: Upstream;
  ownership: Ownership;
  feed: EventFeed;
  limits: Required<GatewayLimits>;
  /** Fields that a create may carry besides the built-in ones. */
  createFields: readonly string[];
  connectWebSocket: ((grant: UpgradeGrant) => Promise<Response>) | undefined;
  findListRoute: FindListRoute;
  collectionOf(path: string): Collection;
}

/** One request that has passed every check that does not depend on what it names. */
export interface GatewayCall {
  request: Request;
  match: RouteMatch;
  query: URLSearchParams;
  session: GatewaySession;
  requestId: string;
  /** Aborts when the browser has gone. */
  gone: AbortSignal;
  /** Gives the request's place among its tenant's back. */
  leave: () => void;
}

/** Answers one kind of request. */
export type Answer = (parts: GatewayParts, call: GatewayCall) => Promise<Response>;

/** Refuses an id that the session's tenant does not own, in the words used for an id that nobody owns. */
export async function checkOwnership(parts: GatewayParts, { match, session }: GatewayCall): Promise<void> {
  const id = match.params["id"];
  if (id === undefined) return;
  if (!(await parts.ownership.isOwned(session, parts.collectionOf(match.route.path), id))) throw foreign();
}

/** The refusal of something that is not the tenant's. */
export function foreign(): Denial {
  return notFound("not the tenant's, or nobody's");
}

/** Answers with JSON that was made here. */
export function jsonResponse(status: number, body: unknown): Response {
  if (body === undefined) return new Response(null, { status: 204 });
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}
