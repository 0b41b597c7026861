import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { nextTurn } from "../timers.js";
import type { BoxCommand, BoxExecution, BoxExit } from "./driver.js";

/** Where and with what a command is started on the host. */
export interface HostPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a command as the leader of its own process group. Rejects when it cannot be started at all. */
export async function spawnCommand(command: BoxCommand, place: HostPlace): Promise<BoxExecution> {
  command.signal?.throwIfAborted();
  const [file, ...args] = command.argv;
  const child = spawn(file, args, { cwd: place.cwd, env: place.env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const turns = countOutput(child.stdout, child.stderr, command);
  const ended = new Promise<BoxExit>((resolve) => child.once("exit", (code, signal) => resolve(toExit(code, signal))));
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const kill = (name: NodeJS.Signals): void => signalGroup(child.pid, name);
  const onAbort = (): void => kill("SIGKILL");
  command.signal?.addEventListener("abort", onAbort, { once: true });
  if (command.signal?.aborted) onAbort();
  const exited = ended.then(async (exit) => {
    command.signal?.removeEventListener("abort", onAbort);
    await turns.drained();
    child.stdout.destroy();
    child.stderr.destroy();
    return exit;
  });
  return { exited, signal: kill };
}

/** Passes output on, and can tell when all that was written before now has been read. */
function countOutput(stdout: Readable, stderr: Readable, command: BoxCommand): { drained(): Promise<void> } {
  let pieces = 0;
  for (const [stream, source] of [["stdout", stdout], ["stderr", stderr]] as const) {
    source.on("data", (bytes: Uint8Array) => {
      pieces += 1;
      command.onOutput(stream, bytes);
    });
  }
  return {
    // A background child may keep the pipes open for ever, so the end of the pipes says nothing about the command.
    // The event loop polls the pipes once a turn: two turns without a piece mean that they were empty.
    async drained() {
      for (let quiet = 0; quiet < 2 && !(stdout.closed && stderr.closed); ) {
        const before = pieces;
        await nextTurn();
        quiet = pieces === before ? quiet + 1 : 0;
      }
    },
  };
}

function toExit(code: number | null, signal: NodeJS.Signals | null): BoxExit {
  if (signal) return { exitCode: 128 + constants.signals[signal], signal };
  return { exitCode: code ?? 0 };
}

/** Sends a signal to a process group; a group that has ended already is no error. */
export function signalGroup(leader: number | undefined, name: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, name);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

/** True for the error that says that a process is not there. */
export function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
