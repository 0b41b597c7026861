import { every } from "../timers.js";
import { isSandbox, type SandboxRecord } from "./sandboxRecord.js";

/** How often the deadlines are looked at, in milliseconds. */
const lookMs = 200;

/** A sandbox as its deadlines concern it. */
export interface Dated {
  readonly record: SandboxRecord;
  /** When a command, a file or a connection was last asked for, in milliseconds since 1970. */
  readonly activeAt: number;
  /** Commands that run right now. */
  readonly busy: number;
}

/** Which deadline a running sandbox has passed: that of its `timeout_sec`, or its idle timeout. Contract 4.2 and 4.3. */
export function passedDeadline({ record, activeAt, busy }: Dated, now: number): "timeout" | "idle" | undefined {
  if (record.status !== "running" || !isSandbox(record)) return undefined;
  const { alwaysOn, timeoutSec, idleTimeoutSec, deadlineFrom } = record.native;
  if (!alwaysOn && now > deadlineFrom + timeoutSec * 1_000) return "timeout";
  if (!alwaysOn && idleTimeoutSec !== null && busy === 0 && now > activeAt + idleTimeoutSec * 1_000) return "idle";
  return undefined;
}

/** Calls `onPassed` once for each sandbox that passes a deadline. The returned function ends it. */
export function watchDeadlines(all: () => Iterable<Dated>, now: () => number, onPassed: (record: SandboxRecord, why: "timeout" | "idle") => void): () => void {
  return every(lookMs, () => {
    for (const dated of all()) {
      const why = passedDeadline(dated, now());
      if (why) onPassed(dated.record, why);
    }
  });
}
