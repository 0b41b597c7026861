export {
  buildPath,
  computerRoutes,
  eventRoutes,
  execRoutes,
  readinessRoutes,
  routes,
  type Route,
  type RouteKind,
  type RouteParams,
  type RoutePermission,
  type RouteScope,
} from "./routes.js";
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
