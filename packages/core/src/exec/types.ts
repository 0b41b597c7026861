import type { CallOptions } from "../options.js";

/** A command and how to run it. Contract 6.5. */
export interface RunInput {
  /** Shell command line. */
  command: string;
  /** Seconds until the server stops the command, 1 to 300. @default the server's (30) */
  timeoutSec?: number | undefined;
  /** Folder to run in. @default the sandbox's workspace */
  cwd?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
}

/** What a command printed and how it ended. A non-zero exit code is a result, not an error. */
export interface ExecResult {
  /** Standard output and error together, as the server sent it. */
  output: string;
  stdout: string;
  stderr: string;
  exitCode: number;
  success: boolean;
  [member: string]: unknown;
}

/** Options of `exec.run`. The HTTP deadline defaults to the command's `timeoutSec` and ten seconds more. */
export type RunOptions = CallOptions;
