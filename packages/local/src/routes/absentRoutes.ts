import { desktopRoutes, type Route, sandboxRoutes, type WireErrorCode } from "@miosa/protocol";
import { HttpProblem } from "../http/httpProblem.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

/** A route of the API that this server has not, and why. */
interface AbsentRoute {
  readonly like: Pick<Route, "permission">;
  readonly method: Route["method"];
  readonly path: Route["path"];
  readonly code: WireErrorCode;
  readonly why: string;
}

const screen = {
  like: desktopRoutes.windows,
  code: "DESKTOP_UNAVAILABLE",
  why: "This server shows no screen live: it has no VNC server and no viewer. Take screenshots of the desktop instead.",
} as const;

/** What is known of these is their names and no more, or what they would show is not here. The README tells of each. */
const absent: readonly AbsentRoute[] = [
  { ...screen, method: "GET", path: "/computers/:id/vnc-credentials" },
  { ...screen, method: "POST", path: "/computers/:id/stream-token" },
  { ...screen, method: "GET", path: "/computers/:id/viewer-password" },
  { ...screen, method: "POST", path: "/computers/:id/viewer-password/rotate" },
  { ...screen, method: "GET", path: "/computers/:id/embed" },
  {
    like: sandboxRoutes.events,
    method: "GET",
    path: "/computers/:id/agent/events",
    code: "NOT_FOUND",
    why: "No AI agent runs in this server's computers, so there are no events of one. The computer's own events are at /computers/:id/events.",
  },
  {
    like: sandboxRoutes.listEnv,
    method: "GET",
    path: "/sandboxes/:id/artifacts",
    code: "NOT_FOUND",
    why: "This server's templates name no artifacts. Files are at /sandboxes/:id/files, and leave by /sandboxes/:id/exports.",
  },
  {
    like: sandboxRoutes.setEnv,
    method: "POST",
    path: "/sandboxes/:id/template/start",
    code: "CONFLICT",
    why: "This sandbox's template has no start command. Start a program by /sandboxes/:id/processes.",
  },
];

/** Routes of the API that say clearly what is not here. A sandbox that is not the caller's is the same 404 as everywhere. */
export function absentRoutes(parts: RouteParts): LocalRoute[] {
  return absent.map(({ like: { permission }, method, path, code, why }) => ({
    route: { method, path, kind: "json", permission },
    answer(context) {
      namedRecord(context, parts);
      throw new HttpProblem(code, why);
    },
  }));
}
