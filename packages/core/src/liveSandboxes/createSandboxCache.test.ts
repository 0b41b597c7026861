import { createLocalServer } from "@miosa/local";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../../../test/waitUntil.js";
import type { Sandbox } from "../computers/types.js";
import { createMiosaClient } from "../createMiosaClient.js";
import { createLiveFeed } from "../liveFeed/createLiveFeed.js";
import { createReadinessStore } from "../liveFeed/readinessStore.js";
import { createLiveSandboxes } from "./createLiveSandboxes.js";
import { createSandboxCache } from "./createSandboxCache.js";
import { showCreating, showMoving } from "./optimisticChanges.js";
import { isOptimisticSandbox } from "./optimisticSandbox.js";
import { recordReadiness } from "./recordReadiness.js";

/** A page without a framework: one list in a variable, and every state it ever showed. With `followsEvents` the feed keeps it up to date. */
async function startPage({ followsEvents = true } = {}) {
  const server = await createLocalServer();
  const client = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const feed = createLiveFeed(client);
  const shown: (readonly Sandbox[])[] = [];
  const rows = (): readonly Sandbox[] => shown.at(-1) ?? [];
  const show = (next: readonly Sandbox[]): void => {
    if (next !== shown.at(-1)) shown.push(next);
  };
  async function load(): Promise<void> {
    const question = cache.ask();
    show(question.rows(await client.sandboxes.list(), {}));
  }
  const cache = createSandboxCache({
    lists: () => [{ filter: {}, rows: rows(), put: show }],
    get: () => undefined,
    put: () => undefined,
    add: () => undefined,
    batch: (change) => change(),
    refresh: load,
  });
  const stopEvents = followsEvents ? createLiveSandboxes(client, feed, () => cache)() : undefined;
  const readiness = createReadinessStore(feed);
  const stopReadiness = readiness.listen((id, snapshot) => recordReadiness(cache, id, snapshot));
  onTestFinished(async () => {
    stopEvents?.();
    stopReadiness();
    feed.close();
    await server.close();
  });
  await waitUntil(() => !followsEvents || feed.status().phase === "open");
  return { server, client, cache, rows, shown, load, readiness };
}

test("a plain list shows a create at once, and the real sandbox in its place, without a request for it", async () => {
  const { client, cache, rows, server } = await startPage();
  const creating = showCreating(cache, { name: "mine" }, client.sandboxes.template(), () => client.sandboxes.create({ name: "mine" }));
  expect(rows().map((row) => [row.name, isOptimisticSandbox(row)])).toEqual([["mine", true]]);
  const { id } = await creating;
  expect(rows().map((row) => row.id)).toEqual([id]);
  await expect.poll(rows).toMatchObject([{ id, state: "running" }]);
  expect(server.countRequests("GET /computers/:id")).toBe(0);
});

test("what somebody else makes and destroys comes and goes by itself", async () => {
  const { client, rows } = await startPage();
  const { id } = await client.sandboxes.create({ name: "theirs" });
  await expect.poll(rows).toMatchObject([{ id, state: "running" }]);
  await client.sandboxes.delete(id);
  await expect.poll(rows).toEqual([]);
});

test("a list that was asked for before the news does not undo it", async () => {
  const { client, cache, rows, load, server } = await startPage();
  const { id } = await client.sandboxes.create({ name: "mine" });
  await client.sandboxes.waitUntilReady(id);
  await load();
  server.faults.set("slowAnswer", { delayMs: 300, routes: ["DELETE /computers/:id"] });
  const deleting = showMoving(cache, id, "destroying", () => client.sandboxes.delete(id));
  await load();
  expect(rows()).toEqual([]);
  await deleting;
  expect(rows()).toEqual([]);
});

test("a delete that fails brings the row back", async () => {
  const { client, cache, rows, load, server } = await startPage();
  const { id } = await client.sandboxes.create({ name: "mine" });
  await client.sandboxes.waitUntilReady(id);
  await load();
  server.faults.set("serverError", { status: 500, routes: ["DELETE /computers/:id"] });
  const deleting = showMoving(cache, id, "destroying", () => client.sandboxes.delete(id));
  expect(rows()).toEqual([]);
  await expect(deleting).rejects.toMatchObject({ status: 500 });
  expect(rows()).toMatchObject([{ id, state: "running" }]);
});

test("a delete whose answer is lost takes the row out for good", async () => {
  const { client, cache, rows, load, server } = await startPage();
  const { id } = await client.sandboxes.create({ name: "mine" });
  await client.sandboxes.waitUntilReady(id);
  await load();
  let isLost = false;
  const lossy = createMiosaClient({
    baseUrl: server.baseUrl,
    apiKey: server.apiKey,
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (init?.method !== "DELETE" || isLost) return response;
      isLost = true;
      throw new TypeError("The connection was lost.");
    },
  });
  await showMoving(cache, id, "destroying", () => lossy.sandboxes.delete(id));
  expect([isLost, rows()]).toEqual([true, []]);
  expect(server.countRequests("DELETE /computers/:id")).toBe(2);
});

test("what a watch learns stands in the list, without an event", async () => {
  const { client, rows, readiness, load, server } = await startPage({ followsEvents: false });
  server.faults.set("slowStart", { delayMs: 100 });
  const { id } = await client.sandboxes.create({ name: "mine" });
  await load();
  const leave = readiness.subscribe(id, undefined, () => undefined, true);
  onTestFinished(leave);
  await waitUntil(() => readiness.get(id)?.phase === "ready");
  expect(rows()).toMatchObject([{ id, state: "running" }]);
});
