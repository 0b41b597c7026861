import { readdir, readFile, readlink } from "node:fs/promises";
import { sep } from "node:path";
import { sleep } from "../timers.js";
import { isNoSuchProcess } from "../agent/startCommand.mjs";

/** Name of the environment variable that marks every process of a sandbox with the sandbox's id. */
export const markerName = "MIOSA_SANDBOX_ID";

const maxRounds = 200;

/** A process as a scan saw it. */
interface SeenProcess {
  readonly pid: number;
  /** Value of the marker in its environment. */
  readonly mark: string | undefined;
  readonly cwd: string;
}

/** Finds and kills the processes of sandboxes. */
export interface ProcessScan {
  /**
   * Kills the processes of a sandbox until a scan finds none: those with its mark in their environment, which a child
   * inherits even when it starts a session of its own, and those that work in or below its directory. Rejects when
   * some are left after many rounds. Does nothing where there is no `/proc`.
   */
  killAll(sandboxId: string, directory: string): Promise<void>;
  /** Sends one signal to the processes that a scan finds. */
  signalAll(sandboxId: string, directory: string, name: NodeJS.Signals): Promise<void>;
}

/** Makes a scan that many sandboxes share: those that end at the same time are looked for in one pass over `/proc`. */
export function createProcessScan(): ProcessScan {
  let current: Promise<readonly SeenProcess[]> | undefined;
  let next: Promise<readonly SeenProcess[]> | undefined;

  // A pass that runs already may have gone by a process that has just been started, so a caller gets one that starts later.
  function scan(): Promise<readonly SeenProcess[]> {
    if (next) return next;
    const before = current ?? Promise.resolve([]);
    const own = before.then(() => {
      current = own;
      next = undefined;
      return readProcesses();
    });
    next = own;
    return own;
  }

  return {
    async killAll(sandboxId, directory) {
      // A process in the middle of an exec has no environment for a moment, so one look that finds nothing is not enough.
      for (let round = 0, clean = 0; round < maxRounds; round += 1) {
        const own = (await scan()).filter(isOf(sandboxId, directory));
        clean = own.length === 0 ? clean + 1 : 0;
        if (clean === 2) return;
        for (const { pid } of own) send(pid, "SIGKILL");
        await sleep(Math.min(round, 10));
      }
      throw new Error(`Processes of sandbox ${sandboxId} are still there after ${maxRounds} rounds of SIGKILL.`);
    },
    async signalAll(sandboxId, directory, name) {
      for (const { pid } of (await scan()).filter(isOf(sandboxId, directory))) send(pid, name);
    },
  };
}

function isOf(sandboxId: string, directory: string): (seen: SeenProcess) => boolean {
  return ({ mark, cwd }) => mark === sandboxId || `${cwd}${sep}`.startsWith(directory + sep);
}

async function readProcesses(): Promise<readonly SeenProcess[]> {
  const entries = await readdir("/proc").catch(() => []); // no /proc on macOS: only process groups are known there
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => pid !== process.pid);
  return Promise.all(pids.map(readProcess));
}

async function readProcess(pid: number): Promise<SeenProcess> {
  const [environment, cwd] = await Promise.all([
    readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""), // ended meanwhile, or not ours to read
    readlink(`/proc/${pid}/cwd`).catch(() => ""), // the same
  ]);
  const mark = environment.split("\0").find((entry) => entry.startsWith(`${markerName}=`));
  return { pid, mark: mark?.slice(markerName.length + 1), cwd };
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}
