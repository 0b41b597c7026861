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

/** Computers, and through `template_type: "miosa-sandbox"` the sandboxes of the spec. Contract 2 and 6.3. */
export const computerRoutes = {
  create: { method: "POST", path: "/computers", permission: "create", kind: "json", scope: "create" },
  list: { method: "GET", path: "/computers", permission: "read", kind: "json", scope: "list" },
  get: { method: "GET", path: "/computers/:id", permission: "read", kind: "json" },
  delete: { method: "DELETE", path: "/computers/:id", permission: "delete", kind: "json" },
  start: { method: "POST", path: "/computers/:id/start", permission: "create", kind: "json" },
} as const satisfies Record<string, Route>;

/** Readiness probe and its stream. Spec `readiness` and `wait_until_ready`; contract 3. */
export const readinessRoutes = {
  get: { method: "GET", path: "/sandboxes/:id/readiness", permission: "read", kind: "json" },
  stream: { method: "GET", path: "/sandboxes/:id/readiness/stream", permission: "read", kind: "sse" },
} as const satisfies Record<string, Route>;

/** Running commands. Contract 6.5. */
export const execRoutes = {
  run: { method: "POST", path: "/computers/:id/exec", permission: "exec", kind: "json" },
} as const satisfies Record<string, Route>;

/** Lifecycle events of everything the credential can see. Contract 5.3. */
export const eventRoutes = {
  stream: { method: "GET", path: "/events/stream", permission: "read", kind: "sse", scope: "feed" },
} as const satisfies Record<string, Route>;

/** Every route the client calls, by namespace. The gateway lets nothing else through. */
export const routes = {
  computers: computerRoutes,
  readiness: readinessRoutes,
  exec: execRoutes,
  events: eventRoutes,
} as const;

/** Names of the `:name` segments in a route's path. */
export type RouteParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | RouteParams<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/**
 * Fills a route's `:name` segments, each percent-encoded, and returns the path relative to the base URL.
 * A segment of `.` or `..` is encoded too, so that no URL parser folds it away.
 */
export function buildPath<Path extends string>(path: Path, params: Readonly<Record<RouteParams<Path>, string>>): string {
  const values: Readonly<Record<string, string>> = params;
  return path.replace(/:(\w+)/g, (_, name: string) => encodeSegment(values[name] ?? ""));
}

function encodeSegment(segment: string): string {
  return /^\.{1,2}$/.test(segment) ? segment.replaceAll(".", "%2E") : encodeURIComponent(segment);
}
