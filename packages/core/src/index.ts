export { createMiosaClient } from "./createMiosaClient.js";
export { createTransport, type CallInit, type Query, type StreamInit, type Transport } from "./http/transport.js";
export { createSandboxes, matchesFilter } from "./sandboxes/createSandboxes.js";
export { createSandbox, type SandboxApi } from "./sandboxes/sandboxCalls.js";
export { createComputers } from "./computers/createComputers.js";
export { deleteComputer, getComputer } from "./computers/computerCalls.js";
export { createExec } from "./exec/createExec.js";
export { runCommand } from "./exec/runCommand.js";
export { type CommandRunner, createCommandRunner, type ExecOutput, type ShownOutput } from "./exec/createCommandRunner.js";
export type { Output, OutputLine } from "./exec/outputTail.js";
export { streamCommand } from "./exec/streamCommand.js";
export { createFiles } from "./files/createFiles.js";
export { createDesktop } from "./desktop/createDesktop.js";
export { createEvents } from "./events/createEvents.js";
export { createUsage } from "./usage/createUsage.js";
export { createTokens } from "./tokens/createTokens.js";
export { createLiveFeed } from "./liveFeed/createLiveFeed.js";
export { createReadinessStore, type ReadinessListener, type ReadinessStore } from "./liveFeed/readinessStore.js";
export { stateOfEvent } from "./liveFeed/stateOfEvent.js";
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
export { createLiveSandboxes } from "./liveSandboxes/createLiveSandboxes.js";
export { createSandboxCache } from "./liveSandboxes/createSandboxCache.js";
export { showCreating, showMoving } from "./liveSandboxes/optimisticChanges.js";
export { isOptimisticSandbox } from "./liveSandboxes/optimisticSandbox.js";
export { recordReadiness } from "./liveSandboxes/recordReadiness.js";
export type { Question, SandboxCache, SandboxChange, SandboxStorage, StoredList } from "./liveSandboxes/types.js";
export { getReadiness } from "./readiness/getReadiness.js";
export { waitUntilReady } from "./readiness/waitUntilReady.js";
export { watchReadiness } from "./readiness/watchReadiness.js";
export type { MiosaClient } from "./client.js";
export type { ErrorTrace, MiosaClientOptions, RequestTrace, ResponseTrace } from "./clientOptions.js";
export type {
  CreateReadyOptions,
  CreateSandboxInput,
  ForkInput,
  PreviewShare,
  SandboxActions,
  SandboxPreview,
  SandboxSnapshot,
  SandboxUsage,
  SandboxVariable,
  UpdateSandboxInput,
  Sandboxes,
} from "./sandboxes/types.js";
export type {
  Download,
  FileChange,
  FileContent,
  FileEntry,
  FileTree,
  FileType,
  TransferOptions,
  UploadOptions,
  WatchFilesOptions,
  WriteManyResult,
  Files,
} from "./files/types.js";
export type { DesktopWindow, Point, Region, Desktop } from "./desktop/types.js";
export type {
  UsageGroup,
  UsageQuery,
  UsageReport,
  UsageRow,
  UsageSession,
  UsageSessionsFilter,
  UsageSummary,
  Usage,
} from "./usage/types.js";
export type { MintScopedInput, ScopedToken, Tokens } from "./tokens/types.js";
export type {
  Attribution,
  Computer,
  ComputerState,
  CreateComputerInput,
  EachOptions,
  ListSandboxesFilter,
  ResizeInput,
  Sandbox,
  UpdateComputerInput,
  WaitForStateOptions,
  Computers,
} from "./computers/types.js";
export type { MiosaEvent, StreamEventsOptions, Events } from "./events/types.js";
export type {
  ExecEvent,
  ExecResult,
  PythonInput,
  RunInput,
  RunOptions,
  RunPlace,
  SpawnedCommand,
  SpawnInput,
  SpawnOptions,
  SpawnOutput,
  Exec,
} from "./exec/types.js";
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
