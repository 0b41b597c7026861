import { readdir, readFile, readlink } from "node:fs/promises";
import { sep } from "node:path";
import { sleep } from "../timers.js";
import { isNoSuchProcess } from "./spawnCommand.js";

/** Name of the environment variable that marks every process of a sandbox with the sandbox's id. */
export const markerName = "MIOSA_SANDBOX_ID";

const maxRounds = 200;

/**
 * Pids of a sandbox's processes: those with its marker in their environment, which a child inherits even when it
 * starts a session of its own, and those that work below its directory. Empty where there is no `/proc`.
 */
export async function findProcesses(sandboxId: string, directory: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []); // no /proc on macOS: only process groups are known there
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => pid !== process.pid);
  const found = await Promise.all(pids.map((pid) => belongs(pid, sandboxId, directory)));
  return pids.filter((_, index) => found[index]);
}

/** Kills the processes of a sandbox until a scan finds none. Rejects when some cannot be killed. */
export async function killProcesses(sandboxId: string, directory: string): Promise<void> {
  for (let round = 0; round < maxRounds; round += 1) {
    const pids = await findProcesses(sandboxId, directory);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(Math.min(round, 10));
  }
  throw new Error(`Processes of sandbox ${sandboxId} are still there after ${maxRounds} rounds of SIGKILL.`);
}

async function belongs(pid: number, sandboxId: string, directory: string): Promise<boolean> {
  const [environment, cwd] = await Promise.all([
    readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""), // ended meanwhile, or not ours to read
    readlink(`/proc/${pid}/cwd`).catch(() => ""), // the same
  ]);
  return environment.split("\0").includes(`${markerName}=${sandboxId}`) || `${cwd}${sep}`.startsWith(directory + sep);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}
