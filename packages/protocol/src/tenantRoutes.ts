import type { Route } from "./routeTypes.js";

/** Lifecycle events of everything the credential can see. Contract 5.3. */
export const eventRoutes = {
  stream: { method: "GET", path: "/events/stream", permission: "read", kind: "sse", scope: "feed" },
  /** A single-use ticket with which an `EventSource` opens a stream. A gateway keeps it from browsers: its session is enough. */
  ticket: { method: "POST", path: "/auth/sse-ticket", permission: "read", kind: "json" },
} as const satisfies Record<string, Route>;

/** What was used, and by whom. Contract 7. */
export const usageRoutes = {
  byAttribution: { method: "GET", path: "/usage", permission: "read", kind: "json", scope: "usage" },
  summary: { method: "GET", path: "/usage/summary", permission: "read", kind: "json", scope: "usage" },
  sessions: { method: "GET", path: "/usage/sessions", permission: "read", kind: "json", scope: "usage" },
} as const satisfies Record<string, Route>;

/** Scoped tokens, which only a server's own key may mint. Contract 1.2. */
export const tokenRoutes = {
  mintScoped: { method: "POST", path: "/tokens/scoped", permission: "create", kind: "json" },
} as const satisfies Record<string, Route>;
