export type { Route, RouteKind, RoutePermission, RouteScope } from "./routeTypes.js";
export { computerRoutes, desktopRoutes, execRoutes, fileRoutes } from "./computerRoutes.js";
export { readinessRoutes, sandboxRoutes } from "./sandboxRoutes.js";
export { eventRoutes, tokenRoutes, usageRoutes } from "./tenantRoutes.js";
export { buildPath, routes, type RouteName, type RouteParams } from "./routes.js";
export { computerSizes, type WireSizeContract, type WireSizeName } from "./sizes.js";
export { execFrames, execProtocol } from "./execProtocol.js";
export {
  sandboxTemplate,
  type WireAttribution,
  type WireComputer,
  type WireComputerStatus,
  type WireCreateComputer,
  type WirePages,
} from "./computers.js";
export { failedReadinessStatuses, readinessEvents, type WireReadiness } from "./readiness.js";
export { execTimeoutSec, type WireExecRequest, type WireExecResult } from "./exec.js";
export { eventHeartbeatMs, eventTypes, feedRecheckType, type WireEvent } from "./events.js";
export { errorBody, errorStatuses, type WireErrorBody, type WireErrorCode } from "./errors.js";
export { apiKeyPrefix, apiPrefix, defaultBaseUrl, eventStreamType, headerNames } from "./headers.js";
