/** What a caller needs in order to use a route. The gateway grants these to a session one by one. */
export type RoutePermission = "read" | "create" | "exec" | "files" | "delete";

/** What an answer carries: JSON, a server-sent event stream, raw bytes, or a WebSocket upgrade. */
export type RouteKind = "json" | "sse" | "bytes" | "websocket";

/**
 * What a gateway must do, besides checking who owns an `:id`, to keep a route inside one tenant:
 * - `create`: it makes a resource, whose attribution is forced and whose owner is checked in the answer;
 * - `list`: it answers many resources, which are filtered by owner;
 * - `find`: it answers one resource found by something else than its id, whose owner is checked;
 * - `usage`: it reports on many resources, and takes the attribution as a filter;
 * - `feed`: it is the event stream of everything that the credential can see.
 */
export type RouteScope = "create" | "list" | "find" | "usage" | "feed";

/**
 * One route of the API. `path` is relative to the base URL; `:name` stands for one percent-encoded segment.
 * A route whose path holds `:id` addresses one sandbox or computer, which belongs to one tenant.
 */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: `/${string}`;
  readonly permission: RoutePermission;
  readonly kind: RouteKind;
  /** Needed by every route without an `:id`: without it, a gateway keeps the route away from browsers. */
  readonly scope?: RouteScope;
}
