import type { SandboxBox } from "../drivers/driver.js";
import { HttpProblem } from "../http/httpProblem.js";
import { after } from "../timers.js";

/** A program to run in a box, and what it is given. */
export interface ToolCall {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its input. */
  readonly input?: string;
  /** It is killed after this long. @default 15000 */
  readonly timeoutMs?: number;
  /** Aborting it kills the program. */
  readonly signal: AbortSignal;
}

/** What a program answered. */
export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The largest answer taken: a screenshot of noise in four colours has 4 MB. */
const maxOutputBytes = 16_777_216;

/** Runs a program in a box to its end. Throws a 502 when it takes too long or says too much, and the signal's reason when that aborts. */
export async function runTool(box: SandboxBox, call: ToolCall): Promise<ToolResult> {
  const { argv, env = {}, input, timeoutMs = 15_000, signal } = call;
  const kill = new AbortController();
  const onAbort = (): void => kill.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  const callOff = after(timeoutMs, () => kill.abort(new HttpProblem("AGENT_UNAVAILABLE", `The computer's ${argv[0]} did not answer within ${timeoutMs} ms.`)));
  const pieces: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  let size = 0;
  try {
    const execution = await box.exec({
      argv,
      env,
      stdin: input !== undefined,
      signal: kill.signal,
      onOutput(stream, bytes) {
        size += bytes.byteLength;
        if (size <= maxOutputBytes) pieces[stream].push(bytes);
        else kill.abort(new HttpProblem("AGENT_UNAVAILABLE", `The computer's ${argv[0]} answered with more than ${maxOutputBytes} bytes.`));
      },
    });
    if (input !== undefined) {
      await execution.write(Buffer.from(input));
      execution.endInput();
    }
    const { exitCode } = await execution.exited;
    kill.signal.throwIfAborted();
    return { exitCode, stdout: Buffer.concat(pieces.stdout), stderr: Buffer.concat(pieces.stderr).toString() };
  } catch (error) {
    kill.signal.throwIfAborted(); // what ended it matters more than what that led to
    throw error;
  } finally {
    callOff();
    signal.removeEventListener("abort", onAbort);
  }
}
