import { expect, onTestFinished, test, vi } from "vitest";
import type { ReadinessSnapshot } from "../readiness/types.js";
import { createReadinessStore } from "./readinessStore.js";

const booting: ReadinessSnapshot = { phase: "booting", source: "feed", startedAtMs: 0 };
const ready: ReadinessSnapshot = { phase: "ready", source: "feed", startedAtMs: 0, elapsedMs: 5, readyAt: null };
const timedOut: ReadinessSnapshot = { phase: "timedOut", source: "feed", startedAtMs: 0, elapsedMs: 5, reason: null };

/** A store over a feed that says what the test tells it to, and a record of what was asked of the feed. */
function storeOverScript() {
  const asked: string[] = [];
  const shown = new Map<string, (snapshot: ReadinessSnapshot) => void>();
  const store = createReadinessStore({
    watch(id) {
      asked.push(`open ${id}`);
      let snapshot: ReadinessSnapshot = { phase: "connecting", source: "feed", startedAtMs: 0 };
      let tell = (): void => undefined;
      shown.set(id, (next) => {
        snapshot = next;
        tell();
      });
      return {
        id,
        get: () => snapshot,
        onChange(listener) {
          tell = listener;
          return () => undefined;
        },
        close: () => void asked.push(`close ${id}`),
      };
    },
    retry: (id) => void asked.push(`restart ${id}`),
  });
  const subscribe = (id: string, onChange = vi.fn()): (() => void) => store.subscribe(id, undefined, onChange, true);
  return { store, asked, subscribe, say: (id: string, snapshot: ReadinessSnapshot) => shown.get(id)?.(snapshot) };
}

test("all who look at a sandbox share one watch, and the last to leave closes it", () => {
  const { asked, subscribe } = storeOverScript();
  const first = subscribe("one");
  const second = subscribe("one");
  first();
  first();
  expect(asked).toEqual(["open one"]);
  second();
  expect(asked).toEqual(["open one", "close one"]);
});

test("tells those who look at a sandbox, and nobody else", () => {
  const { store, subscribe, say } = storeOverScript();
  const [mine, other] = [vi.fn(), vi.fn()];
  subscribe("one", mine);
  subscribe("two", other);
  mine.mockClear();
  other.mockClear();
  say("one", booting);
  say("one", booting);
  expect(mine).toHaveBeenCalledTimes(1);
  expect(other).not.toHaveBeenCalled();
  expect(store.get("one")).toBe(booting);
});

test("what was known half-way is forgotten once it was left", () => {
  const { store, subscribe, say } = storeOverScript();
  const leave = subscribe("one");
  say("one", booting);
  leave();
  expect(store.get("one")).toBeUndefined();
});

test("a wait that timed out still turns ready when the feed says so", () => {
  const { store, subscribe, say } = storeOverScript();
  subscribe("one");
  say("one", timedOut);
  say("one", ready);
  expect(store.get("one")).toBe(ready);
});

test("keeps a final state and opens nothing for one who comes back to it", () => {
  const { store, asked, subscribe, say } = storeOverScript();
  const leave = subscribe("one");
  say("one", ready);
  leave();
  subscribe("one");
  expect(store.get("one")).toBe(ready);
  expect(asked).toEqual(["open one", "close one"]);
});

test("retry restarts an open watch, and opens one where it was closed", () => {
  const { store, asked, subscribe, say } = storeOverScript();
  const leave = subscribe("one");
  say("one", timedOut);
  store.retry("one");
  expect(store.get("one")).toBeUndefined();
  say("one", timedOut);
  leave();
  subscribe("one");
  store.retry("one");
  expect(asked).toEqual(["open one", "restart one", "close one", "open one"]);
});

test("forgets the oldest final states that nobody looks at, and never one that somebody does", () => {
  const { store, subscribe, say } = storeOverScript();
  subscribe("seen");
  say("seen", ready);
  for (let index = 0; index < 1_200; index++) {
    const leave = subscribe(`sbx-${index}`);
    say(`sbx-${index}`, ready);
    leave();
  }
  expect(store.get("seen")).toBe(ready);
  expect(store.get("sbx-0")).toBeUndefined();
  expect(store.get("sbx-1199")).toBe(ready);
});

test("one who suspends is told to look again when the wait is over", async () => {
  const { store, asked, say } = storeOverScript();
  const waiting = store.wait("one", undefined);
  expect(store.wait("one", undefined)).toBe(waiting);
  expect(asked).toEqual([]);
  await Promise.resolve();
  expect(asked).toEqual(["open one"]);
  say("one", ready);
  await waiting;
  expect(store.get("one")).toBe(ready);
});

test("the watch of one who suspended and was given up is closed", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { store, asked } = storeOverScript();
  const waiting = store.wait("one", undefined);
  await vi.advanceTimersByTimeAsync(1_000);
  await waiting;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(["open one", "close one"]);
});

test("the watch of one who goes on suspending stays open", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { store, asked } = storeOverScript();
  for (let second = 0; second < 10; second++) {
    const waiting = store.wait("one", undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
  }
  expect(asked).toEqual(["open one"]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(asked).toEqual(["open one", "close one"]);
});

test("a deadline that the feed refuses leaves nothing behind for the next one", () => {
  const asked: (number | undefined)[] = [];
  const store = createReadinessStore({
    watch(id, { timeoutMs } = {}) {
      asked.push(timeoutMs);
      if (timeoutMs === -1) throw new RangeError("no time");
      return { id, get: () => booting, onChange: () => () => undefined, close: () => void asked.push(undefined) };
    },
    retry: () => undefined,
  });
  expect(() => store.subscribe("one", -1, () => undefined, true)).toThrow("no time");
  const leave = store.subscribe("one", 5_000, () => undefined, true);
  expect(store.get("one")).toBe(booting);
  leave();
  expect(asked).toEqual([-1, 5_000, undefined]);
});
