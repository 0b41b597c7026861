import type { SeededRandom } from "@miosa/local/testing";
import type { Page, WakeUp } from "./pages.js";

/** What happens to the page of a run. Times are in milliseconds from its start. */
export type PageStep =
  /** A wake-up without a sleep before it, as where another network takes over. */
  | { kind: "wake"; atMs: number; by: WakeUp }
  /** The network is gone for a while: what is open then never says a word again, and what is asked meanwhile is lost or, where it `swallows`, never answered. */
  | { kind: "sleep"; atMs: number; forMs: number; by: WakeUp; swallows: boolean }
  | { kind: "hide"; atMs: number; forMs: number };

/** The server's side of a sleep. */
export interface SleepingOrigin {
  fallAsleep(how: { swallows: boolean }): void;
  wakeUp(): void;
}

const wakeUps = ["online", "resume", "pageshow"] as const;
/** Longer than an answer needs to arrive, and shorter than silence that is noticed where a stream is all there is. */
const sleepMs = { least: 150, most: 700 };

/** The steps of a run, from its start until `untilMs`. */
export function createPageSteps(random: SeededRandom, { untilMs, maySwallow }: { untilMs: number; maySwallow: boolean }): PageStep[] {
  if (random.chance(0.3)) return [];
  const steps: PageStep[] = Array.from({ length: random.integer(0, 3) }, () => ({ kind: "wake" as const, atMs: random.integer(0, untilMs), by: random.pick(wakeUps) }));
  if (random.chance(0.5)) {
    const [atMs, forMs] = [random.integer(0, untilMs), random.integer(sleepMs.least, sleepMs.most)];
    steps.push({ kind: "sleep", atMs, forMs, by: random.pick(wakeUps), swallows: random.chance(0.5) && maySwallow });
  }
  if (random.chance(0.3)) steps.push({ kind: "hide", atMs: random.integer(0, untilMs), forMs: random.integer(50, 600) });
  return steps;
}

/** When the last of the steps is over. */
export function stepsEndMs(steps: readonly PageStep[]): number {
  return Math.max(0, ...steps.map((step) => step.atMs + (step.kind === "wake" ? 0 : step.forMs)));
}

/** Steps that are under way. */
export interface RunningSteps {
  /** When the page woke up so far, on the monotonic clock. */
  readonly wokenAtMs: readonly number[];
  /** True once all of them are taken. */
  areOver(): boolean;
  stop(): void;
}

/** Takes the steps at their times, from now on. */
export function takePageSteps(steps: readonly PageStep[], page: Page, origin: SleepingOrigin): RunningSteps {
  const wokenAtMs: number[] = [];
  const wakeUp = (by: WakeUp): void => {
    wokenAtMs.push(performance.now());
    page.wakeUp(by);
  };
  const timers = new Set<NodeJS.Timeout>();
  function take(atMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, atMs);
    timers.add(timer);
  }
  for (const step of steps) {
    switch (step.kind) {
      case "wake":
        take(step.atMs, () => wakeUp(step.by));
        break;
      case "sleep":
        take(step.atMs, () => {
          origin.fallAsleep(step);
          page.fallAsleep(step.by);
        });
        take(step.atMs + step.forMs, () => {
          origin.wakeUp();
          wakeUp(step.by);
        });
        break;
      case "hide":
        take(step.atMs, () => page.show(false));
        take(step.atMs + step.forMs, () => page.show(true));
        break;
    }
  }
  return {
    wokenAtMs,
    areOver: () => timers.size === 0,
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
