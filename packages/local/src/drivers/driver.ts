/** Whether a driver can run sandboxes on this machine, and if not, what is missing and what to do about it. */
export type DriverProbe = { ok: true } | { ok: false; reason: string };

/** What a new box is made from. */
export interface BoxSpec {
  /** The sandbox's id: unique, and safe in a file name. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** A command for a box. */
export interface BoxCommand {
  readonly argv: readonly [string, ...string[]];
  /** Directory inside the box. @default "/workspace" */
  readonly cwd?: string;
  /** Added to the box's own clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Aborting it kills the command with everything in its process group. */
  readonly signal?: AbortSignal;
  /** Called with each piece of output as it arrives. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void;
}

/** How a command ended. A command ended by signal `n` has the exit code `128 + n`, as in a shell. */
export interface BoxExit {
  readonly exitCode: number;
  readonly signal?: string;
}

/** A running command. */
export interface BoxExecution {
  /** Settles when the command itself has ended, even while children of it still hold its output open. */
  readonly exited: Promise<BoxExit>;
  /** Sends a signal to the command's process group. */
  signal(name: NodeJS.Signals): void;
}

/** One sandbox's place to run commands in. */
export interface SandboxBox {
  readonly id: string;
  /** Resolves once a first command has really run inside; rejects when that is impossible or `signal` aborts. */
  waitReady(signal: AbortSignal): Promise<void>;
  /** Starts a command. Rejects with {@link BoxRequestError} when the caller asked for something impossible. */
  exec(command: BoxCommand): Promise<BoxExecution>;
  /** Ends every process of the box and removes its files. Calling it again is harmless. */
  destroy(): Promise<void>;
}

/** A way to run sandboxes. */
export interface SandboxDriver {
  readonly name: string;
  /** How sandboxes are kept apart from the host and from each other. `"none"` isolates nothing. */
  readonly isolation: string;
  /** Tries out whether this machine can run it. */
  probe(): Promise<DriverProbe>;
  create(spec: BoxSpec): Promise<SandboxBox>;
  /** Ids of the boxes that exist. */
  list(): readonly string[];
  /** Destroys every box and removes what the driver made. Calling it again is harmless. */
  close(): Promise<void>;
}

/** The caller asked a box for something impossible, such as a directory that is not there. */
export class BoxRequestError extends Error {
  override readonly name = "BoxRequestError";
  /** The field of the request that is at fault. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
