import type { Route } from "./routeTypes.js";

/** Computers, and through `template_type: "miosa-sandbox"` the sandboxes of the spec. Contract 2 and 6.3. */
export const computerRoutes = {
  create: { method: "POST", path: "/computers", permission: "create", kind: "json", scope: "create" },
  list: { method: "GET", path: "/computers", permission: "read", kind: "json", scope: "list" },
  get: { method: "GET", path: "/computers/:id", permission: "read", kind: "json" },
  update: { method: "PATCH", path: "/computers/:id", permission: "create", kind: "json" },
  delete: { method: "DELETE", path: "/computers/:id", permission: "delete", kind: "json" },
  start: { method: "POST", path: "/computers/:id/start", permission: "create", kind: "json" },
  stop: { method: "POST", path: "/computers/:id/stop", permission: "create", kind: "json" },
  restart: { method: "POST", path: "/computers/:id/restart", permission: "create", kind: "json" },
  clone: { method: "POST", path: "/computers/:id/clone", permission: "create", kind: "json", scope: "create" },
  resize: { method: "PATCH", path: "/computers/:id/resize", permission: "create", kind: "json" },
  /** The same, as newer servers take it. */
  resizeByPost: { method: "POST", path: "/computers/:id/resize", permission: "create", kind: "json" },
} as const satisfies Record<string, Route>;

/** Running commands. Contract 4.7 and 6.5. */
export const execRoutes = {
  run: { method: "POST", path: "/computers/:id/exec", permission: "exec", kind: "json" },
  python: { method: "POST", path: "/computers/:id/exec/python", permission: "exec", kind: "json" },
  /** Output as it comes, over the answer of the POST. */
  stream: { method: "POST", path: "/sandboxes/:id/exec/stream", permission: "exec", kind: "sse" },
  /** A two-way session, subprotocol `miosa-exec-v1`. */
  spawn: { method: "GET", path: "/computers/:id/exec/stream", permission: "exec", kind: "websocket" },
} as const satisfies Record<string, Route>;

/** Files of a sandbox or computer. Contract 4.8 and 6.6. */
export const fileRoutes = {
  list: { method: "GET", path: "/computers/:id/files/list", permission: "files", kind: "json" },
  download: { method: "GET", path: "/computers/:id/files/download", permission: "files", kind: "bytes" },
  /** multipart/form-data: `file`, `path`, `create_dirs`. */
  upload: { method: "POST", path: "/computers/:id/files/upload", permission: "files", kind: "json" },
  write: { method: "POST", path: "/computers/:id/files/write", permission: "files", kind: "json" },
  delete: { method: "DELETE", path: "/computers/:id/files", permission: "files", kind: "json" },
  stat: { method: "POST", path: "/computers/:id/files/stat", permission: "files", kind: "json" },
  mkdir: { method: "POST", path: "/computers/:id/files/mkdir", permission: "files", kind: "json" },
  rename: { method: "POST", path: "/computers/:id/files/rename", permission: "files", kind: "json" },
  export: { method: "POST", path: "/computers/:id/files/export", permission: "files", kind: "json" },
  tree: { method: "GET", path: "/sandboxes/:id/files/tree", permission: "files", kind: "json" },
  writeMany: { method: "POST", path: "/sandboxes/:id/files/write-many", permission: "files", kind: "json" },
  watch: { method: "GET", path: "/sandboxes/:id/files/watch", permission: "files", kind: "sse" },
} as const satisfies Record<string, Route>;

/** Screen, mouse and keyboard of a running computer. Contract 6.7. */
export const desktopRoutes = {
  screenshot: { method: "GET", path: "/computers/:id/desktop/screenshot", permission: "exec", kind: "bytes" },
  screenshotRegion: { method: "POST", path: "/computers/:id/desktop/screenshot/region", permission: "exec", kind: "bytes" },
  click: { method: "POST", path: "/computers/:id/desktop/click", permission: "exec", kind: "json" },
  doubleClick: { method: "POST", path: "/computers/:id/desktop/double-click", permission: "exec", kind: "json" },
  move: { method: "POST", path: "/computers/:id/desktop/move", permission: "exec", kind: "json" },
  drag: { method: "POST", path: "/computers/:id/desktop/drag", permission: "exec", kind: "json" },
  type: { method: "POST", path: "/computers/:id/desktop/type", permission: "exec", kind: "json" },
  key: { method: "POST", path: "/computers/:id/desktop/key", permission: "exec", kind: "json" },
  scroll: { method: "POST", path: "/computers/:id/desktop/scroll", permission: "exec", kind: "json" },
  wait: { method: "POST", path: "/computers/:id/desktop/wait", permission: "exec", kind: "json" },
  focusWindow: { method: "POST", path: "/computers/:id/desktop/window/focus", permission: "exec", kind: "json" },
  launch: { method: "POST", path: "/computers/:id/desktop/launch", permission: "exec", kind: "json" },
  windows: { method: "GET", path: "/computers/:id/desktop/windows", permission: "exec", kind: "json" },
  cursor: { method: "GET", path: "/computers/:id/desktop/cursor", permission: "exec", kind: "json" },
} as const satisfies Record<string, Route>;
