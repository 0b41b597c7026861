import type { WireExecResult } from "@miosa/protocol";
import type { BoxExit, SandboxBox } from "../drivers/driver.js";
import { after } from "../timers.js";
import { createOutputCollector } from "./outputCollector.js";

/** A command as a caller asked for it, checked. */
export interface CommandRequest {
  command: string;
  timeoutSec: number;
  cwd?: string;
  env: Readonly<Record<string, string>>;
}

/** Exit code of a command that ran into its timeout, as that of `timeout(1)`. */
export const timedOutExitCode = 124;

/** Runs a shell command in a box to its end. When `signal` aborts, the command is killed and the promise rejects. */
export async function runCommand(
  box: SandboxBox,
  request: CommandRequest,
  options: { signal: AbortSignal; outputLimitBytes: number },
): Promise<WireExecResult> {
  const { command, timeoutSec, cwd, env } = request;
  const collector = createOutputCollector(options.outputLimitBytes);
  const kill = new AbortController();
  const onAbort = (): void => kill.abort(options.signal.reason);
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  const startedAt = performance.now();
  const callOff = after(timeoutSec * 1_000, () => kill.abort(new Error("The command ran into its timeout.")));
  let exit: BoxExit;
  try {
    const execution = await box.exec({
      argv: ["bash", "-c", command],
      ...(cwd !== undefined && { cwd }),
      env,
      signal: kill.signal,
      onOutput: (stream, bytes) => collector.add(stream, bytes),
    });
    exit = await execution.exited;
  } catch (error) {
    options.signal.throwIfAborted(); // a sandbox that was destroyed meanwhile matters more than what that led to
    throw error;
  } finally {
    callOff();
    options.signal.removeEventListener("abort", onAbort);
  }
  options.signal.throwIfAborted();
  const timedOut = kill.signal.aborted;
  const { droppedBytes, ...texts } = collector.end();
  const exitCode = timedOut ? timedOutExitCode : exit.exitCode;
  return {
    ...texts,
    exit_code: exitCode,
    success: exitCode === 0,
    duration_ms: Math.round(performance.now() - startedAt),
    ...(timedOut && { timed_out: true }),
    ...(exit.signal !== undefined && { signal: exit.signal }),
    ...(droppedBytes > 0 && { truncated: true, dropped_bytes: droppedBytes }),
  };
}
