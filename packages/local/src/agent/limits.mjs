import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readOwnProcesses, signalEverything, signalOne } from "./processes.mjs";

/** @import { BoxLimits } from "../drivers/driver.js" */

const lookMs = 150;

/** @typedef {{ processes: number, memoryBytes: number, fileBytes: number, workspaceBytes: number, cpuSec?: number }} FullLimits */

/**
 * @param {BoxLimits} given
 * @returns {FullLimits}
 */
export function fullLimits(given) {
  return { processes: 256, memoryBytes: 2 ** 31, fileBytes: 2 ** 30, workspaceBytes: 2 ** 31, ...given };
}

/**
 * Command line that starts another one under the limits that the kernel holds each process to. The box's memory as a whole is
 * watched by {@link watchLimits}; this keeps a single process from passing it between two looks.
 * @param {FullLimits} limits
 * @param {number | undefined} cpuSec
 */
export function limitPrefix(limits, cpuSec) {
  const cpu = cpuSec ?? limits.cpuSec;
  return [
    "prlimit",
    "--core=0",
    `--nproc=${limits.processes}`,
    `--data=${limits.memoryBytes}`,
    `--fsize=${limits.fileBytes}`,
    ...(cpu === undefined ? [] : [`--cpu=${cpu}:${cpu + 1}`]),
    "--",
  ];
}

/**
 * Looks at the whole box every now and then: past its memory the largest process is killed, past its space everything that could
 * write is.
 * @param {FullLimits} limits
 * @param {readonly string[]} directories whose files count
 * @param {(limit: "memory" | "workspace") => void} onPassed
 */
export function watchLimits(limits, directories, onPassed) {
  let space = { bytes: 0, nextAtMs: 0 };
  let isPaused = false;
  let isLooking = false;
  let commands = 0;

  async function look() {
    const own = readOwnProcesses();
    if (own.length === 0 && commands === 0) return rest();
    if (own.length === 0) return;
    const memory = own.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    const largest = own.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0];
    if (memory > limits.memoryBytes && largest) {
      onPassed("memory");
      signalOne(largest.pid, "SIGKILL");
    }
    if (performance.now() < space.nextAtMs) return;
    const startedMs = performance.now();
    const bytes = await measure(directories);
    // Counting a large tree takes long, and must not be all that the box does.
    space = { bytes, nextAtMs: performance.now() + 10 * (performance.now() - startedMs) };
    if (bytes <= limits.workspaceBytes) return;
    onPassed("workspace");
    signalEverything("SIGKILL");
  }

  /** Nothing runs, so nothing can grow: an idle box costs nothing until its next command. */
  function rest() {
    clearInterval(timer);
    timer = undefined;
  }

  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  return {
    /** A command has ended. */
    release: () => void (commands -= 1),
    /** A command is about to run. */
    wake() {
      commands += 1;
      timer ??= setInterval(() => {
        if (isPaused || isLooking) return;
        isLooking = true;
        void look().finally(() => (isLooking = false));
      }, lookMs);
    },
    /** @param {boolean} paused */
    setPaused: (paused) => void (isPaused = paused),
  };
}

/**
 * Bytes that files take up on disk, links not followed.
 * @param {readonly string[]} directories
 * @returns {Promise<number>}
 */
export async function measure(directories) {
  let bytes = 0;
  for (const directory of directories) {
    for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) { // removed meanwhile
      const path = join(directory, entry.name);
      const there = await lstat(path).catch(() => undefined); // the same
      bytes += (there?.blocks ?? 0) * 512;
      if (entry.isDirectory()) bytes += await measure([path]);
    }
  }
  return bytes;
}
