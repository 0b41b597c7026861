import { expect, test } from "vitest";
import { Denial } from "./denial.js";
import { createLimiter, withDefaults } from "./limits.js";

function setup() {
  const clock = { now: 0 };
  const enter = createLimiter(withDefaults({ requestsPerMinute: 60, concurrentRequests: 2, concurrentStreams: 1 }), () => clock.now);
  return { clock, enter };
}

function refusal(action: () => unknown): Denial {
  try {
    action();
  } catch (error) {
    if (error instanceof Denial) return error;
    throw error;
  }
  throw new Error("Nothing was refused.");
}

test("a tenant may use its minute at once and then gets a place back each second", () => {
  const { clock, enter } = setup();
  for (let request = 0; request < 60; request++) enter("acme", "requests")();
  const denial = refusal(() => enter("acme", "requests"));
  expect(denial).toMatchObject({ status: 429, code: "rate_limit_exceeded", extra: { retryAfterSec: 1 } });
  clock.now = 1_000;
  enter("acme", "requests")();
  expect(() => enter("acme", "requests")).toThrow(Denial);
});

test("one tenant's haste does not slow another's", () => {
  const { enter } = setup();
  for (let request = 0; request < 60; request++) enter("acme", "requests")();
  expect(() => enter("globex", "requests")()).not.toThrow();
});

test("places are given back once, however often the request ends", () => {
  const { enter } = setup();
  const leave = enter("acme", "requests");
  enter("acme", "requests");
  expect(() => enter("acme", "requests")).toThrow(Denial);
  leave();
  leave();
  enter("acme", "requests");
  expect(() => enter("acme", "requests")).toThrow(Denial);
});

test("streams are counted apart from requests", () => {
  const { enter } = setup();
  const leave = enter("acme", "streams");
  expect(() => enter("acme", "streams")).toThrow(Denial);
  enter("acme", "requests")();
  leave();
  enter("acme", "streams")();
});
