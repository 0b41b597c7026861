import { createSeededRandom } from "@miosa/local/testing";
import { createPageSteps, type PageStep, stepsEndMs } from "./pageSteps.js";
import type { ConnectionTrouble } from "./schedule.js";

/** A time in which nobody watches or listens. */
export interface Absence {
  atMs: number;
  forMs: number;
}

/** Everything that happens in one run of the live feed, out of its seed alone. Times are in milliseconds from its start. */
export interface FeedSchedule {
  seed: string;
  sandboxes: readonly { id: string; readyAtMs: number | undefined; watchedAtMs: number; away: Absence | undefined }[];
  /** Someone who listens to all events. */
  listener: { away: Absence | undefined } | undefined;
  lingerMs: number;
  idleTimeoutMs: number;
  keepAlive: boolean;
  /** Statuses of the first requests for the feed, and of the first other ones; 200 is a good answer. */
  feedRefusals: readonly number[];
  callRefusals: readonly number[];
  connections: readonly ConnectionTrouble[];
  calmAtMs: number;
  page: readonly PageStep[];
  /** When the page wakes up once more, after all have left. */
  lastWakeInMs: number | undefined;
}

// Neither lost bytes nor silence: an open feed whose bytes are lost tells nobody, and silence is noticed after 45 s by default.
const troubles = ["none", "none", "split", "delay", "reset", "cut", "halfClose"] as const;
const statuses = [200, 200, 500, 502, 503, 429] as const;

/** The feed schedule of a seed. */
export function createFeedSchedule(seed: string): FeedSchedule {
  const random = createSeededRandom(seed).fork("feed");
  const visits = random.fork("visits");
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: random.integer(0, most) }, make);
  const absence = (): Absence | undefined => (visits.chance(0.25) ? { atMs: visits.integer(50, 900), forMs: visits.integer(0, 400) } : undefined);
  const count = random.integer(1, 14);
  return {
    seed,
    sandboxes: Array.from({ length: count }, (_, index) => ({
      id: `sbx-${index}`,
      readyAtMs: random.chance(0.85) ? random.integer(0, 1_200) : undefined,
      watchedAtMs: random.chance(0.7) ? 0 : random.integer(0, 900),
      away: absence(),
    })),
    listener: visits.chance(0.4) ? { away: absence() } : undefined,
    lingerMs: visits.pick([0, 0, 50, 200, 600]),
    idleTimeoutMs: visits.pick([400, 45_000, 45_000]),
    keepAlive: random.chance(0.4),
    feedRefusals: random.chance(0.1) ? [404] : list(3, () => random.pick(statuses)),
    callRefusals: list(6, () => random.pick(statuses)),
    connections: list(7, () => random.pick(troubles)),
    calmAtMs: random.integer(0, 900),
    page: createPageSteps(random.fork("page"), { untilMs: 1_400, maySwallow: true }),
    lastWakeInMs: visits.chance(0.3) ? visits.integer(0, 300) : undefined,
  };
}

/** When all that is scheduled has happened. */
export function feedScheduleEndMs({ sandboxes, listener, calmAtMs, page }: FeedSchedule): number {
  const returnMs = (away: Absence | undefined): number => (away ? away.atMs + away.forMs : 0);
  const watches = sandboxes.flatMap(({ readyAtMs = 0, watchedAtMs, away }) => [readyAtMs, Math.max(watchedAtMs, returnMs(away))]);
  return Math.max(calmAtMs, stepsEndMs(page), returnMs(listener?.away), ...watches);
}
