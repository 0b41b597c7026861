import { MiosaError, type ReadinessSnapshot } from "@miosa/core";
import { expect, test, vi } from "vitest";
import type { OpenWatch, ReadinessWatch } from "./readinessSources.js";
import { createReadinessStore } from "./readinessStore.js";

const booting: ReadinessSnapshot = { phase: "booting", source: "feed", startedAtMs: 0 };
const ready: ReadinessSnapshot = { phase: "ready", source: "feed", startedAtMs: 0, elapsedMs: 5, readyAt: null };
const timedOut: ReadinessSnapshot = { phase: "timedOut", source: "feed", startedAtMs: 0, elapsedMs: 5, reason: null };

/** A store over a source that says what the test tells it to, and a record of what was asked of the source. */
function storeOverScript() {
  const asked: string[] = [];
  const shown = new Map<string, (snapshot: ReadinessSnapshot) => void>();
  const store = createReadinessStore((watch: ReadinessWatch, show): OpenWatch => {
    asked.push(`open ${watch.id}`);
    if (watch.id === "") throw new MiosaError("no id", { code: "INVALID_ARGUMENT" });
    shown.set(watch.id, show);
    return { restart: () => void asked.push(`restart ${watch.id}`), close: () => void asked.push(`close ${watch.id}`) };
  });
  return { store, asked, say: (id: string, snapshot: ReadinessSnapshot) => shown.get(id)?.(snapshot) };
}

const nextTask = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1));
const one = { id: "one" };

test("one who leaves and comes back in the same task keeps the watch", async () => {
  const { store, asked } = storeOverScript();
  store.subscribe(one, vi.fn(), true)();
  const leave = store.subscribe(one, vi.fn(), true);
  await nextTask();
  expect(asked).toEqual(["open one"]);
  leave();
  await nextTask();
  expect(asked).toEqual(["open one", "close one"]);
});

test("leaving twice counts once", async () => {
  const { store, asked } = storeOverScript();
  store.subscribe(one, vi.fn(), true);
  const leave = store.subscribe(one, vi.fn(), true);
  leave();
  leave();
  await nextTask();
  expect(asked).toEqual(["open one"]);
});

test("tells those who look at a sandbox, and nobody else", () => {
  const { store, say } = storeOverScript();
  const [mine, other] = [vi.fn(), vi.fn()];
  store.subscribe(one, mine, true);
  store.subscribe({ id: "two" }, other, true);
  say("one", booting);
  say("one", booting);
  expect(mine).toHaveBeenCalledTimes(1);
  expect(other).not.toHaveBeenCalled();
  expect(store.get(one)).toBe(booting);
});

test("what was known half-way is forgotten once it was left", async () => {
  const { store, say } = storeOverScript();
  const leave = store.subscribe(one, vi.fn(), true);
  say("one", booting);
  leave();
  await nextTask();
  expect(store.get(one)).toBeUndefined();
});

test("a wait that timed out still turns ready when the source says so", () => {
  const { store, say } = storeOverScript();
  store.subscribe(one, vi.fn(), true);
  say("one", timedOut);
  say("one", ready);
  expect(store.get(one)).toBe(ready);
});

test("keeps a final state and opens nothing for one who comes back to it", async () => {
  const { store, asked, say } = storeOverScript();
  const leave = store.subscribe(one, vi.fn(), true);
  say("one", ready);
  leave();
  await nextTask();
  store.subscribe(one, vi.fn(), true);
  expect(store.get(one)).toBe(ready);
  expect(asked).toEqual(["open one", "close one"]);
});

test("retry restarts an open watch, and opens one where it was closed", async () => {
  const { store, asked, say } = storeOverScript();
  const leave = store.subscribe(one, vi.fn(), true);
  say("one", timedOut);
  store.retry(one);
  expect(store.get(one)).toBeUndefined();
  say("one", timedOut);
  leave();
  await nextTask();
  store.subscribe(one, vi.fn(), true);
  store.retry(one);
  expect(asked).toEqual(["open one", "restart one", "close one", "open one"]);
});

test("forgets the oldest final states that nobody looks at, and never one that somebody does", async () => {
  const { store, say } = storeOverScript();
  store.subscribe({ id: "seen" }, vi.fn(), true);
  say("seen", ready);
  for (let index = 0; index < 1_200; index++) {
    const id = `sbx-${index}`;
    const leave = store.subscribe({ id }, vi.fn(), true);
    say(id, ready);
    leave();
  }
  await nextTask();
  expect(store.get({ id: "seen" })).toBe(ready);
  expect(store.get({ id: "sbx-0" })).toBeUndefined();
  expect(store.get({ id: "sbx-1199" })).toBe(ready);
});

test("a source that refuses is a failed state", () => {
  const { store } = storeOverScript();
  store.subscribe({ id: "" }, vi.fn(), true);
  expect(store.get({ id: "" })).toMatchObject({ phase: "failed", error: { code: "INVALID_ARGUMENT" } });
});
