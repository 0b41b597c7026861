import type { Duplex } from "node:stream";
import type { BoxFiles } from "./boxFiles.js";

/** Whether a driver can run sandboxes on this machine, and if not, what is missing and what to do about it. */
export type DriverProbe = { ok: true } | { ok: false; reason: string };

/** What one box may use. The README says which of these each driver holds to. */
export interface BoxLimits {
  /** Processes and threads at once. @default 256 */
  readonly processes?: number;
  /** Memory of all processes together, in bytes. @default 2 GiB */
  readonly memoryBytes?: number;
  /** CPU time of one command, in seconds. @default none */
  readonly cpuSec?: number;
  /** Largest single file, in bytes. @default 1 GiB */
  readonly fileBytes?: number;
  /** All files in `/workspace` and `/home/user` together, in bytes. @default 2 GiB */
  readonly workspaceBytes?: number;
}

/** What a new box is made from. */
export interface BoxSpec {
  /** The sandbox's id: unique, and safe in a file name. */
  readonly id: string;
  readonly signal: AbortSignal;
  readonly limits?: BoxLimits;
  /** Added to the environment of every command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Host directory whose `workspace` and `home` are copied into the new box: of {@link SandboxBox.saveFiles}. */
  readonly filesFrom?: string;
  /** CPU time that the sandbox has used in earlier boxes, in milliseconds; `usage` counts on from it. @default 0 */
  readonly cpuMsBefore?: number;
  /** Called as the box passes each phase of its start. */
  readonly onPhase?: (phase: BootPhase) => void;
}

/**
 * What a box does on its way to being ready, in this order: directories and ids are taken, namespaces are made, the resident
 * agent is started in them, and the agent tests from inside what is promised.
 */
export type BootPhase = "allocating" | "isolating" | "starting_agent" | "checking" | "ready";

/** A command for a box. */
export interface BoxCommand {
  readonly argv: readonly [string, ...string[]];
  /** Directory inside the box. @default "/workspace" */
  readonly cwd?: string;
  /** Added to the box's own clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Aborting it kills the command with everything in its process group. */
  readonly signal?: AbortSignal;
  /** Gives the command an input that {@link BoxExecution.write} fills. @default false: an empty input */
  readonly stdin?: boolean;
  /** Gives it a terminal of this size. Its output then comes as `stdout` alone. Needs `script` of util-linux. */
  readonly tty?: { readonly rows: number; readonly columns: number };
  /** CPU time that the command may use, in seconds. @default the box's limit */
  readonly cpuSec?: number;
  /** Called with each piece of output as it arrives. A promise holds back the command's further output until it settles. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void | Promise<void>;
}

/** How a command ended. A command ended by signal `n` has the exit code `128 + n`, as in a shell. */
export interface BoxExit {
  readonly exitCode: number;
  readonly signal?: string;
  /** The box's limit that ended it, where the driver knows. */
  readonly limit?: "memory" | "cpu" | "workspace";
}

/** A running command. */
export interface BoxExecution {
  /** Process id as the box's own processes see it. */
  readonly pid: number;
  /** Settles when the command itself has ended, even while children of it still hold its output open. */
  readonly exited: Promise<BoxExit>;
  /** Sends a signal to the command's process group. */
  signal(name: NodeJS.Signals): void;
  /** Resolves once the command can take more. Input for a command that has ended or has no input is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the command's input. */
  endInput(): void;
  /** Changes the terminal's size. Nothing happens without a terminal. */
  resize(rows: number, columns: number): void;
}

/** What a box uses right now. A member is absent where the driver cannot measure it. */
export interface BoxUsage {
  /** CPU time of all its processes since it was created, in milliseconds. */
  readonly cpuMs?: number;
  readonly memoryBytes?: number;
  readonly processes?: number;
  readonly workspaceBytes?: number;
}

/** One sandbox's place to run commands in. */
export interface SandboxBox {
  readonly id: string;
  readonly files: BoxFiles;
  /** True when it had been booted before it was asked for. */
  readonly isWarm: boolean;
  /** What {@link SandboxDriver.adopt} finds its files by, once this driver is closed. Absent where nothing outlives the driver. */
  readonly keptAs?: string;
  /** Resolves with the reason when the box ends without having been told to. */
  readonly lost: Promise<string>;
  /** Resolves once a first command has really run inside; rejects when that is impossible or `signal` aborts. */
  waitReady(signal: AbortSignal): Promise<void>;
  /** Starts a command. Rejects with {@link BoxRequestError} when the caller asked for something impossible. */
  exec(command: BoxCommand): Promise<BoxExecution>;
  /** Connects to a port that a process of the box listens on. Rejects with {@link BoxRequestError} when none does. */
  dial(port: number, signal: AbortSignal): Promise<Duplex>;
  /** Stops the clock of every process, or lets them go on. Commands and files wait meanwhile. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  usage(): Promise<BoxUsage>;
  /** Copies the box's files into an empty host directory, for {@link BoxSpec.filesFrom}. A stopped box has files too. */
  saveFiles(directory: string): Promise<void>;
  /** Ends every process and keeps the files. */
  stop(): Promise<void>;
  /** Starts a box again that was stopped; {@link waitReady} then tells when it is ready. */
  start(signal: AbortSignal, onPhase?: (phase: BootPhase) => void): Promise<void>;
  /** Ends every process of the box and removes its files. Calling it again is harmless. */
  destroy(): Promise<void>;
}

/** How boxes are kept apart from the host and from each other. `"none"` isolates nothing. */
export type BoxIsolation = "namespaces" | "namespaces-noseccomp" | "none" | (string & {});

/** A way to run sandboxes. */
export interface SandboxDriver {
  readonly name: string;
  readonly isolation: BoxIsolation;
  /** Tries out whether this machine can run it. */
  probe(): Promise<DriverProbe>;
  create(spec: BoxSpec): Promise<SandboxBox>;
  /**
   * Takes over the files of a box that an earlier driver has kept. The box is stopped until it is started. Absent when the driver
   * keeps nothing. Rejects when the files are not there.
   */
  readonly adopt?: (spec: BoxSpec, keptAs: string) => Promise<SandboxBox>;
  /** Ids of the boxes that exist. */
  list(): readonly string[];
  /** Destroys every box and removes what the driver made; one that keeps boxes stops them. Calling it again is harmless. */
  close(): Promise<void>;
}

/** The box ended while something was asked of it. */
export class BoxEndedError extends Error {
  override readonly name = "BoxEndedError";

  constructor() {
    super("The sandbox ended.");
  }
}

export { BoxRequestError } from "../agent/requestError.mjs";
