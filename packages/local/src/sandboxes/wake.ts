import { sleep } from "../timers.js";
import { isBooting, isSandbox, type SandboxRecord } from "./sandboxRecord.js";
import type { SandboxStore } from "./sandboxStore.js";

/** How long a sandbox may take to go on, in milliseconds. */
const wakeLimitMs = 20_000;

/** Lets a persistent sandbox that is paused go on, and waits until it runs. Others are left as they are. Contract 4.2. */
export async function wake(record: SandboxRecord, store: Pick<SandboxStore, "resume" | "onStatus">, signal: AbortSignal): Promise<void> {
  if (!isSandbox(record) || !record.native.persistent || !["paused", "stopped", "stopping"].includes(record.status)) return;
  if (record.status === "paused") return store.resume(record);
  const settled = new AbortController();
  const look = (): void => {
    if (record.status === "stopped") void store.resume(record);
    // Still stopped it is when the server closes.
    if (record.status !== "stopping" && !isBooting(record)) settled.abort();
  };
  const callOff = store.onStatus(record, look);
  try {
    look();
    await sleep(wakeLimitMs, AbortSignal.any([settled.signal, signal]));
  } catch {
    signal.throwIfAborted(); // else it is settled, and its status tells how
  } finally {
    callOff();
  }
}
