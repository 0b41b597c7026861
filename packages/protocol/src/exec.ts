/** Body of `POST /computers/:id/exec`. `timeout` is in seconds. Contract 6.5, conflict C10. */
export interface WireExecRequest {
  command: string;
  timeout?: number;
  working_dir?: string;
  cwd?: string;
  env?: Record<string, string>;
}

/** Result of a command. A non-zero `exit_code` is a result, not an error. Contract 6.5. */
export interface WireExecResult {
  output?: string;
  stdout?: string;
  stderr?: string;
  exit_code?: number;
  exitCode?: number;
  success?: boolean;
  duration_ms?: number;
  [member: string]: unknown;
}

/** Limits of a command's `timeout`, in seconds. Contract 6.5. */
export const execTimeoutSec = { default: 30, max: 300 } as const;
