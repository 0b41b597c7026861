export { createMiosaClient } from "./createMiosaClient.js";
export { createTransport, type CallInit, type Query, type StreamInit, type Transport } from "./http/transport.js";
export { createSandboxes, matchesFilter } from "./sandboxes/createSandboxes.js";
export { createComputers } from "./computers/createComputers.js";
export { createExec } from "./exec/createExec.js";
export { createEvents } from "./events/createEvents.js";
export { createLiveFeed } from "./liveFeed/createLiveFeed.js";
export type {
  FeedClient,
  LiveFeed,
  LiveFeedOptions,
  LiveFeedPhase,
  LiveFeedRole,
  LiveFeedStatus,
  Watch,
  WatchOptions,
} from "./liveFeed/types.js";
export { getReadiness } from "./readiness/getReadiness.js";
export { waitUntilReady } from "./readiness/waitUntilReady.js";
export { watchReadiness } from "./readiness/watchReadiness.js";
export type { Computers, Events, Exec, MiosaClient, Sandboxes } from "./client.js";
export type { MiosaClientOptions } from "./clientOptions.js";
export type {
  Attribution,
  Computer,
  ComputerState,
  CreateComputerInput,
  ListSandboxesFilter,
  Sandbox,
} from "./computers/types.js";
export type { MiosaEvent, StreamEventsOptions } from "./events/types.js";
export type { ExecResult, RunInput, RunOptions } from "./exec/types.js";
export type { CallOptions, MutationOptions } from "./options.js";
export type {
  Readiness,
  ReadinessPhase,
  ReadinessSnapshot,
  ReadinessSource,
  WaitUntilReadyOptions,
  WatchReadinessOptions,
} from "./readiness/types.js";
export {
  ApiError,
  MiosaError,
  NetworkError,
  ProtocolError,
  TimeoutError,
  isApiError,
  isMiosaError,
  isNetworkError,
  isProtocolError,
  isRateLimited,
  isRetryable,
  isTimeoutError,
  type MiosaErrorKind,
  type MiosaErrorOptions,
} from "./errors.js";
