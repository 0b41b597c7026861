import type { SandboxBox } from "../drivers/driver.js";
import { after } from "../timers.js";
import { createLineSplitter } from "./lineSplitter.js";
import { type CommandRequest, timedOutExitCode } from "./runCommand.js";

/** A line longer than this is sent in pieces, in characters. */
const longestLine = 65_536;

/** How a command ended. */
export interface StreamedExit {
  readonly exitCode: number;
  readonly timedOut: boolean;
}

/** Takes lines that came together. */
type TakeLines = (stream: "stdout" | "stderr", lines: readonly string[]) => Promise<void>;

/**
 * Runs a shell command and hands over its output in lines. While some are not taken, the command waits. Resolves once all
 * lines are taken. Rejects with the signal's reason when that aborts; the command is then killed.
 */
export async function streamCommand(
  box: SandboxBox,
  request: CommandRequest,
  signal: AbortSignal,
  onLines: TakeLines,
): Promise<StreamedExit> {
  const { command, timeoutSec, cwd, env } = request;
  const kill = new AbortController();
  const onAbort = (): void => kill.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timeout = new Error("The command ran into its timeout.");
  const callOff = after(timeoutSec * 1_000, () => kill.abort(timeout));
  const readers = { stdout: createReader("stdout", onLines), stderr: createReader("stderr", onLines) };
  try {
    const execution = await box.exec({
      argv: ["bash", "-c", command],
      ...(cwd !== undefined && { cwd }),
      env,
      signal: kill.signal,
      onOutput: (name, bytes) => readers[name].add(bytes),
    });
    const exit = await execution.exited;
    signal.throwIfAborted();
    for (const reader of [readers.stdout, readers.stderr]) await reader.end();
    const timedOut = kill.signal.reason === timeout;
    return { exitCode: timedOut ? timedOutExitCode : exit.exitCode, timedOut };
  } finally {
    callOff();
    signal.removeEventListener("abort", onAbort);
  }
}

/** Hands over the whole lines of one piece after the other, so that a piece that waits holds back the next. */
function createReader(
  name: "stdout" | "stderr",
  onLines: TakeLines,
): { add(bytes: Uint8Array): Promise<void>; end(): Promise<void> } {
  let lines: string[] = [];
  const splitter = createLineSplitter(longestLine, (line) => lines.push(line));
  let last: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    if (lines.length === 0) return last;
    const [before, ready] = [last, lines];
    lines = [];
    const work = (async () => {
      await before;
      await onLines(name, ready);
    })();
    last = work.catch(() => undefined); // whoever added the lines hears of it
    return work;
  };
  return {
    add(bytes) {
      splitter.add(bytes);
      return flush();
    },
    end() {
      splitter.end();
      return flush();
    },
  };
}
