import type { Socket } from "node:net";
import { nextTurn, sleep } from "../timers.js";
import type { ByteFaultCursor, ByteStep } from "./byteFaults.js";

/** Bytes that may wait in a pipe before its source is asked to pause. */
const mostWaitingBytes = 1_048_576;

/** What a pipe tells its connection. */
export interface FaultyPipeEvents {
  /** Both sides are to be reset. */
  onReset(): void;
  /** Both sides are to be closed in the orderly way. */
  onCut(): void;
  /** The source has hung up, and all of its bytes that may come through have. */
  onSourceEnd(pipe: FaultyPipe): void;
}

/** One direction of a connection. */
export interface FaultyPipe {
  /** True once a fault lets nothing more through. */
  readonly isBlocked: boolean;
}

/**
 * Carries bytes from one socket to the other, as the cursor says. The source is read on during a delay, so that its end is seen;
 * what it sends past a block is thrown away. Ends with the signal.
 */
export function createFaultyPipe(
  source: Socket,
  destination: Socket,
  cursor: ByteFaultCursor,
  on: FaultyPipeEvents,
  signal: AbortSignal,
): FaultyPipe {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isBlocked = false;
  let work: Promise<void> = run(() => perform(cursor.start()));

  async function write(bytes: Uint8Array): Promise<void> {
    const error = await new Promise<Error | null | undefined>((resolve) => destination.write(bytes, resolve));
    if (error && !signal.aborted) on.onReset(); // what writing to a peer that is gone earns
  }

  async function perform(steps: readonly ByteStep[]): Promise<void> {
    for (const step of steps) {
      if (signal.aborted) return;
      switch (step.kind) {
        case "write":
          await write(step.bytes);
          break;
        case "flush":
          // Pieces that are left over at the calm go on as fast as they can: on a busy machine a turn each takes seconds.
          if (!cursor.isCalm) await nextTurn();
          break;
        case "delay":
          await sleep(step.delayMs, signal);
          break;
        case "stall":
          isBlocked = true;
          return;
        case "halfClose":
          isBlocked = true;
          destination.end();
          return;
        case "reset":
          isBlocked = true;
          on.onReset();
          return;
        case "cut":
          isBlocked = true;
          on.onCut();
          return;
      }
    }
  }

  async function run(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  function then(step: () => Promise<void>): void {
    const before = work;
    work = run(async () => {
      await before;
      await step();
    });
  }

  source.on("data", (chunk) => {
    if (isBlocked) return;
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes > mostWaitingBytes) source.pause();
    then(async () => {
      const bytes = waiting.shift();
      if (!bytes) return;
      if (!isBlocked) await perform(cursor.take(bytes));
      waitingBytes -= bytes.length;
      if (source.isPaused() && waitingBytes <= mostWaitingBytes) source.resume();
    });
  });
  source.once("end", () => then(async () => on.onSourceEnd(pipe)));

  const pipe: FaultyPipe = {
    get isBlocked() {
      return isBlocked;
    },
  };
  return pipe;
}
