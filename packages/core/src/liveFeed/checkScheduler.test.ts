import { expect, test } from "vitest";
import { createCheckScheduler } from "./checkScheduler.js";

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test("a loop that is stopped from within a round asks no more and leaves no timer, whatever that round says", async () => {
  const before = timers();
  let rounds = 0;
  const scheduler = createCheckScheduler({
    targets: () => ["one"],
    async check() {
      rounds += 1;
      scheduler.stop(); // as a listener does that closes the feed at what it hears
      return { unanswered: ["one"], retryAfterMs: 60_000 };
    },
    intervalMs: 60_000,
    random: () => 0.5,
  });
  scheduler.kick();
  await new Promise((resolve) => setImmediate(resolve));
  scheduler.kick();
  await new Promise((resolve) => setImmediate(resolve));
  expect(rounds).toBe(1);
  expect(timers()).toBe(before);
});
