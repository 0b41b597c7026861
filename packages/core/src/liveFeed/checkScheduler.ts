import { startTimer, type Timer } from "../timers.js";
import type { CheckOutcome } from "./checkSandboxes.js";

/** One loop that asks about whatever nothing else tells about. */
export interface CheckScheduler {
  /** Asks at once, or as soon as the round under way is over. */
  kick(): void;
  stop(): void;
}

/** What the loop works on. */
export interface CheckSchedulerOptions {
  /** Ids to ask about now. The loop rests while there are none. */
  targets: () => string[];
  check: (ids: string[], signal: AbortSignal) => Promise<CheckOutcome>;
  /** First pause between rounds, in milliseconds; it grows by half each round, to ten times this, and starts over on a kick. */
  intervalMs: number;
  random: () => number;
}

/** Makes the loop. It rests in hidden tabs, where nobody looks, and asks at once when the tab is shown. */
export function createCheckScheduler({ targets, check, intervalMs, random }: CheckSchedulerOptions): CheckScheduler {
  const controller = new AbortController();
  const { signal } = controller;
  let timer: Timer | undefined;
  let pauseMs = intervalMs;
  let isKicked = false;
  /** True during a round, and while the server has asked us to wait. */
  let isBusy = false;

  async function round(): Promise<void> {
    timer?.stop();
    isKicked = false;
    const ids = targets();
    if (ids.length === 0) return;
    isBusy = true;
    try {
      const { retryAfterMs } = await check(ids, signal);
      if (signal.aborted) return; // stopped by a listener, at what this round has found
      if (retryAfterMs === undefined) next();
      else timer = startTimer(retryAfterMs, next);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** After a round: another at once if someone asked for it meanwhile, else after a growing pause. */
  function next(): void {
    isBusy = false;
    if (isKicked) return void round();
    if (targets().length === 0) return;
    const jitteredMs = pauseMs * (0.8 + 0.4 * random());
    pauseMs = Math.min(pauseMs * 1.5, intervalMs * 10);
    timer = startTimer(jitteredMs, () => {
      if (!isHidden()) void round();
    });
  }

  function kick(): void {
    pauseMs = intervalMs;
    isKicked = true;
    if (!isBusy && !signal.aborted) void round();
  }

  function onVisibility(): void {
    if (!isHidden()) kick();
  }

  const page = typeof document === "undefined" ? undefined : document;
  page?.addEventListener("visibilitychange", onVisibility);

  return {
    kick,
    stop() {
      timer?.stop();
      page?.removeEventListener("visibilitychange", onVisibility);
      controller.abort();
    },
  };
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.visibilityState === "hidden";
}
