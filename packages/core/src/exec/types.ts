/// <reference lib="esnext.disposable" preserve="true" />
import type { CallOptions } from "../options.js";

/** How to run something. Contract 6.5. */
export interface RunPlace {
  /** Seconds until the server stops the command, 1 to 300. @default the server's (30) */
  timeoutSec?: number | undefined;
  /** Folder to run in. @default the sandbox's workspace */
  cwd?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
}

/** A command and how to run it. Contract 6.5. */
export interface RunInput extends RunPlace {
  /** Shell command line. */
  command: string;
}

/** A piece of Python and how to run it. Contract 6.5. */
export interface PythonInput extends RunPlace {
  code: string;
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

/** One step of a command's output: a line without its line end, or, as the last one, how it ended. Contract 4.7. */
export type ExecEvent = { type: "stdout" | "stderr"; line: string } | { type: "exit"; exitCode: number };

/** What an interactive command starts with. Contract 6.5. */
export interface SpawnInput {
  /** Shell command line. */
  command: string;
  cwd?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  /** Runs it in a terminal of this size. @default no terminal */
  terminal?: { rows: number; cols: number } | undefined;
}

/** Options of `exec.spawn`. */
export interface SpawnOptions {
  /** Deadline of opening the connection; the command itself has none. In milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** Unread output past this many bytes is a `ProtocolError` (`OUTPUT_OVERFLOW`) and ends the command: a WebSocket cannot be slowed down. @default 67108864 */
  maxUnreadBytes?: number | undefined;
  /** Ends the command with its connection, at any time. */
  signal?: AbortSignal | undefined;
}

/** A piece of an interactive command's output. */
export interface SpawnOutput {
  type: "stdout" | "stderr";
  bytes: Uint8Array;
}

/** A running interactive command. */
export interface SpawnedCommand extends AsyncDisposable {
  /**
   * The output in order, to its end. One loop may read it. Throws a ProtocolError (`STREAM_CLOSED`) when the connection ends
   * before the server said how the command ended, and the signal's reason on abort.
   */
  readonly output: AsyncIterable<SpawnOutput>;
  /** Resolves to the exit code that the server sent; rejects as `output` does. */
  readonly exitCode: Promise<number>;
  /** Sends input. Resolves once the connection has taken most of it, so that awaiting it slows a fast writer down. */
  write(input: string | Uint8Array): Promise<void>;
  /** Closes the command's input. */
  endInput(): void;
  /** Tells the terminal's new size. */
  resize(size: { rows: number; cols: number }): void;
  /** Sends a signal to the command. @default "SIGTERM" */
  kill(signal?: string): void;
  /** Closes the connection, which ends the command. Safe to call twice. */
  close(): void;
}

/** Running commands. Contract 6.5. */
export interface Exec {
  /** Runs a shell command to its end. Never retried. `POST /computers/:id/exec`. */
  run(id: string, input: RunInput, options?: RunOptions): Promise<ExecResult>;
  /** The same as `run`. */
  bash(id: string, input: RunInput, options?: RunOptions): Promise<ExecResult>;
  /** Runs Python code to its end. Never retried. `POST /computers/:id/exec/python`. */
  python(id: string, input: PythonInput, options?: RunOptions): Promise<ExecResult>;
  /**
   * Runs a shell command and yields its output line by line, then `exit`. Nothing is gathered: a loop that pauses slows the
   * command down, and leaving it closes the connection, which ends the command. Throws a NetworkError (`STREAM_LOST`) when the
   * connection breaks and a ProtocolError (`STREAM_CLOSED`) when the stream ends without `exit`: the command may then have done any
   * part of its work. Never retried. `POST /sandboxes/:id/exec/stream`.
   */
  stream(id: string, input: RunInput, options?: RunOptions): AsyncGenerator<ExecEvent, void, void>;
  /** Starts a command with an input of its own, over a WebSocket. Resolves once it is open. `GET /computers/:id/exec/stream`, `miosa-exec-v1`. */
  spawn(id: string, input: SpawnInput, options?: SpawnOptions): Promise<SpawnedCommand>;
}
