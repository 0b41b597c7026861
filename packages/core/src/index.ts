export type { Computers, Exec, MiosaClient, Sandboxes } from "./client.js";
export type { MiosaClientOptions } from "./clientOptions.js";
export type {
  Attribution,
  Computer,
  ComputerState,
  CreateComputerInput,
  ListSandboxesFilter,
  Sandbox,
} from "./computers/types.js";
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
