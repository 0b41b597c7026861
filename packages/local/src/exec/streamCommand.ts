import { StringDecoder } from "node:string_decoder";
import type { SandboxBox } from "../drivers/driver.js";
import type { OutputStream } from "../http/outputStream.js";
import { after } from "../timers.js";
import { type CommandRequest, timedOutExitCode } from "./runCommand.js";

/** A line longer than this is sent in pieces, in characters. */
const longestLine = 65_536;

/** Runs a shell command and sends its output line by line, then how it ended. Contract 4.7. */
export async function streamCommand(box: SandboxBox, request: CommandRequest, stream: OutputStream, signal: AbortSignal): Promise<number> {
  const { command, timeoutSec, cwd, env } = request;
  const kill = new AbortController();
  const onAbort = (): void => kill.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timeout = new Error("The command ran into its timeout.");
  const callOff = after(timeoutSec * 1_000, () => kill.abort(timeout));
  const readers = { stdout: createLines("stdout", stream), stderr: createLines("stderr", stream) };
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
    const exitCode = timedOut ? timedOutExitCode : exit.exitCode;
    await stream.send({ event: "exit", data: { type: "exit", exit_code: exitCode, ...(timedOut && { timed_out: true }) } });
    return exitCode;
  } finally {
    callOff();
    signal.removeEventListener("abort", onAbort);
  }
}

/** Sends each whole line; one after the other, so that a piece that waits holds back the next. */
function createLines(type: "stdout" | "stderr", stream: OutputStream): { add(bytes: Uint8Array): Promise<void>; end(): Promise<void> } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let last: Promise<void> = Promise.resolve();
  const queue = (lines: readonly string[]): Promise<void> => {
    const before = last;
    const work = (async () => {
      await before;
      for (const line of lines) await stream.send({ event: type, data: { type, line } });
    })();
    last = work.catch(() => undefined); // whoever added the lines hears of it
    return work;
  };
  return {
    add(bytes) {
      const lines = (rest + decoder.write(Buffer.from(bytes))).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) {
        lines.push(rest);
        rest = "";
      }
      return lines.length > 0 ? queue(lines) : last;
    },
    end() {
      rest += decoder.end();
      return rest === "" ? last : queue([rest]);
    },
  };
}
