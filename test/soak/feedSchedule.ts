import { createSeededRandom } from "@miosa/local/testing";
import type { ConnectionTrouble } from "./schedule.js";

/** Everything that happens in one run of the live feed, out of its seed alone. Times are in milliseconds from its start. */
export interface FeedSchedule {
  seed: string;
  sandboxes: readonly { id: string; readyAtMs: number | undefined; watchedAtMs: number }[];
  keepAlive: boolean;
  /** Statuses of the first requests for the feed, and of the first other ones; 200 is a good answer. */
  feedRefusals: readonly number[];
  callRefusals: readonly number[];
  connections: readonly ConnectionTrouble[];
  calmAtMs: number;
}

// Neither lost bytes nor silence: an open feed whose bytes are lost tells nobody, and silence is noticed after 45 s by default.
const troubles = ["none", "none", "split", "delay", "reset", "cut", "halfClose"] as const;
const statuses = [200, 200, 500, 502, 503, 429] as const;

/** The feed schedule of a seed. */
export function createFeedSchedule(seed: string): FeedSchedule {
  const random = createSeededRandom(seed).fork("feed");
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: random.integer(0, most) }, make);
  const count = random.integer(1, 14);
  return {
    seed,
    sandboxes: Array.from({ length: count }, (_, index) => ({
      id: `sbx-${index}`,
      readyAtMs: random.chance(0.85) ? random.integer(0, 1_200) : undefined,
      watchedAtMs: random.chance(0.7) ? 0 : random.integer(0, 900),
    })),
    keepAlive: random.chance(0.4),
    feedRefusals: random.chance(0.1) ? [404] : list(3, () => random.pick(statuses)),
    callRefusals: list(6, () => random.pick(statuses)),
    connections: list(7, () => random.pick(troubles)),
    calmAtMs: random.integer(0, 900),
  };
}
