export { createLocalServer, type LocalConnections, type LocalServer } from "./createLocalServer.js";
export type { LocalServerOptions } from "./options.js";
export { LocalStateError, type LocalStateErrorCode } from "./state/localStateError.js";
export { createApiKey, type LocalApiKey } from "./apiKeys.js";
export type { FaultName, Faults, FaultScope, LocalFaults } from "./faults.js";
export type { LogEntry } from "./requestLog.js";
export type { DriverName } from "./drivers/chooseDriver.js";
export type { EgressEntry, EgressOptions } from "./egress/egressOptions.js";
export { createBwrapDriver, createUnshareDriver } from "./drivers/isolatingDrivers.js";
export type { IsolatingDriverOptions } from "./drivers/createAgentDriver.js";
export { createProcessDriver, type ProcessDriverOptions } from "./drivers/createProcessDriver.js";
export { BoxFileError } from "./agent/fileError.mjs";
export type {
  BoxFile,
  BoxFileChange,
  BoxFileContent,
  BoxFileErrorCode,
  BoxFiles,
  BoxTree,
  BoxWatchOptions,
  BoxWriteOptions,
} from "./drivers/boxFiles.js";
export {
  type BootPhase,
  type BoxCommand,
  BoxEndedError,
  type BoxExecution,
  type BoxExit,
  type BoxIsolation,
  type BoxLimits,
  BoxRequestError,
  type BoxSpec,
  type BoxUsage,
  type DriverProbe,
  type SandboxBox,
  type SandboxDriver,
} from "./drivers/driver.js";
export { timedOutExitCode } from "./exec/runCommand.js";
