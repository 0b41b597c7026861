import { expect, test } from "vitest";
import { createEventLog } from "./eventLog.js";

function followed(log: ReturnType<typeof createEventLog>, lastEventId?: string): string[] {
  const ids: string[] = [];
  log.subscribe("t", lastEventId, ({ eventId }) => ids.push(eventId));
  return ids;
}

test("the last thousand events can be resumed from, and not one more", () => {
  const log = createEventLog(() => 0);
  const live = followed(log);
  for (let i = 0; i < 1_002; i += 1) log.publish("t", { type: "sandbox.created", id: "x" });
  expect(followed(log, live[1])).toEqual([]);
  expect(followed(log, live[2])).toEqual(live.slice(3));
});

test("an event older than ten minutes cannot be resumed from", () => {
  let at = 0;
  const log = createEventLog(() => at);
  const live = followed(log);
  log.publish("t", { type: "sandbox.created", id: "x" });
  at = 10 * 60_000;
  log.publish("t", { type: "sandbox.ready", id: "x" });
  expect(followed(log, live[0])).toEqual(live.slice(1));
  at += 1;
  expect(followed(log, live[0])).toEqual([]);
});

test("one tenant's events do not push out another's", () => {
  const log = createEventLog(() => 0);
  const live = followed(log);
  log.publish("t", { type: "a", id: "x" });
  log.publish("t", { type: "b", id: "x" });
  for (let i = 0; i < 2_000; i += 1) log.publish("other", { type: "noise", id: "y" });
  expect(followed(log, live[0])).toEqual(live.slice(1, 2));
});

test("of a burst that nobody follows, only those events are made that are kept", () => {
  const log = createEventLog(() => 0);
  const numbers = Array.from({ length: 5_000 }, (_, index) => index);
  let made = 0;
  const toEvent = (n: number) => {
    made += 1;
    return { type: "line", id: "sbx", n };
  };
  log.publishEach("a", numbers, toEvent);
  expect(made).toBe(1_000);
  expect(log.kept("a").map(({ event }) => event["n"])).toEqual(numbers.slice(-1_000));
  const heard: unknown[] = [];
  log.subscribe("a", undefined, ({ event }) => heard.push(event["n"]));
  log.publishEach("a", numbers, toEvent);
  expect(heard).toEqual(numbers);
});
