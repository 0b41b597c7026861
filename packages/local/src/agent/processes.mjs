import { readdirSync, readFileSync } from "node:fs";

/**
 * @typedef {object} SeenProcess a process of the box
 * @property {number} pid
 * @property {number} cpuMs its own CPU time and that of the children it has waited for
 * @property {number} memoryBytes
 */

const ticksPerSec = 100; // what the kernel uses in /proc on every architecture that Node runs on
const pageBytes = 4_096;

/** True where signalling every process means those of one box: below the first process of a namespace. */
const isInBox = process.ppid === 1 && process.argv[1] === "/run/miosa/agent/main.mjs";

/**
 * The processes of the box, this one and its parent included.
 * @returns {SeenProcess[]}
 */
export function readProcesses() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => readProcess(Number(pid)) ?? []);
}

/**
 * @param {number} pid
 * @returns {SeenProcess | undefined}
 */
function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0); // utime stime cutime cstime
    return { pid, cpuMs: (ticks * 1_000) / ticksPerSec, memoryBytes: Number(fields[21]) * pageBytes };
  } catch {
    return undefined; // ended meanwhile
  }
}

/** The processes that the box's user has started. */
export function readOwnProcesses() {
  return readProcesses().filter(({ pid }) => pid !== 1 && pid !== process.pid);
}

/**
 * Sends a signal to every process of the box but this one and the first.
 * @param {NodeJS.Signals} name
 */
export function signalEverything(name) {
  if (!isInBox) throw new Error("This is not a box.");
  try {
    process.kill(-1, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/**
 * Sends a signal to one process.
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
export function signalOne(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
