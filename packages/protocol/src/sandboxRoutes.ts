import type { Route } from "./routeTypes.js";

/** Readiness probe and its stream. Spec `readiness` and `wait_until_ready`; contract 3. */
export const readinessRoutes = {
  get: { method: "GET", path: "/sandboxes/:id/readiness", permission: "read", kind: "json" },
  stream: { method: "GET", path: "/sandboxes/:id/readiness/stream", permission: "read", kind: "sse" },
} as const satisfies Record<string, Route>;

/** The collection in which a sandbox is a resource of its own, and what only it offers. Contract 4. */
export const sandboxRoutes = {
  create: { method: "POST", path: "/sandboxes", permission: "create", kind: "json", scope: "create" },
  list: { method: "GET", path: "/sandboxes", permission: "read", kind: "json", scope: "list" },
  getByName: { method: "GET", path: "/sandboxes/by-name/:name", permission: "read", kind: "json", scope: "find" },
  get: { method: "GET", path: "/sandboxes/:id", permission: "read", kind: "json" },
  update: { method: "PATCH", path: "/sandboxes/:id", permission: "create", kind: "json" },
  delete: { method: "DELETE", path: "/sandboxes/:id", permission: "delete", kind: "json" },
  extend: { method: "POST", path: "/sandboxes/:id/extend", permission: "create", kind: "json" },
  stop: { method: "POST", path: "/sandboxes/:id/stop", permission: "create", kind: "json" },
  pause: { method: "POST", path: "/sandboxes/:id/pause", permission: "create", kind: "json" },
  resume: { method: "POST", path: "/sandboxes/:id/resume", permission: "create", kind: "json" },
  fork: { method: "POST", path: "/sandboxes/:id/fork", permission: "create", kind: "json", scope: "create" },
  usage: { method: "GET", path: "/sandboxes/:id/usage", permission: "read", kind: "json" },
  events: { method: "GET", path: "/sandboxes/:id/events", permission: "exec", kind: "sse" },
  setTags: { method: "PATCH", path: "/sandboxes/:id/tags", permission: "create", kind: "json" },
  listEnv: { method: "GET", path: "/sandboxes/:id/env", permission: "exec", kind: "json" },
  setEnv: { method: "PUT", path: "/sandboxes/:id/env", permission: "exec", kind: "json" },
  deleteEnv: { method: "DELETE", path: "/sandboxes/:id/env/:key", permission: "exec", kind: "json" },
  createSnapshot: { method: "POST", path: "/sandboxes/:id/snapshots", permission: "create", kind: "json" },
  listSnapshots: { method: "GET", path: "/sandboxes/:id/snapshots", permission: "read", kind: "json" },
  deleteSnapshot: { method: "DELETE", path: "/sandboxes/:id/snapshots/:snapshot", permission: "delete", kind: "json" },
  restore: { method: "POST", path: "/sandboxes/:id/restore/:snapshot", permission: "create", kind: "json", scope: "create" },
  createPreview: { method: "POST", path: "/sandboxes/:id/previews", permission: "exec", kind: "json" },
  listPreviews: { method: "GET", path: "/sandboxes/:id/previews", permission: "exec", kind: "json" },
  deletePreview: { method: "DELETE", path: "/sandboxes/:id/previews/:preview", permission: "exec", kind: "json" },
  sharePreview: { method: "POST", path: "/sandboxes/:id/previews/:preview/share", permission: "exec", kind: "json" },
  unsharePreview: { method: "DELETE", path: "/sandboxes/:id/previews/:preview/share", permission: "exec", kind: "json" },
} as const satisfies Record<string, Route>;
