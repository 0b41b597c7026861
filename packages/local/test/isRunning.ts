import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { patienceMs } from "../../../test/patience.js";

/** True while a process runs; one that has ended and only waits to be reaped does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => ""); // not there: ended and reaped
  return stat !== "" && !/\) Z /.test(stat);
}

/** Resolves once a process has ended; rejects after `timeoutMs`. */
export async function untilEnded(pid: number, timeoutMs = patienceMs): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (await isRunning(pid)) {
    if (performance.now() > deadline) throw new Error(`Process ${pid} still runs after ${timeoutMs} ms.`);
    await sleep(5);
  }
}
