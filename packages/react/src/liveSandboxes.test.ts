import { createLiveSandboxes, type ListSandboxesFilter, type Sandbox } from "@miosa/core";
import { QueryObserver } from "@tanstack/react-query";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../../test/waitUntil.js";
import { type FeedServer, startFeedServer, wireRow } from "../test/startFeedServer.js";
import { sandboxCacheOf } from "./sandboxCache.js";
import { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Shows lists live, as a page would, and resolves once they are loaded and the feed is open. `states` gives a list's ids and states. */
async function show(server: FeedServer, ...filters: ListSandboxesFilter[]): Promise<(filter?: ListSandboxesFilter) => Record<string, string>> {
  const { client, feed, queryClient } = server;
  const leave = createLiveSandboxes(client, feed, () => sandboxCacheOf(queryClient))();
  onTestFinished(leave);
  await server.opened(1);
  await waitUntil(() => feed.status().phase === "open");
  for (const filter of filters) onTestFinished(new QueryObserver(queryClient, sandboxQueries.list(client, filter)).subscribe(() => undefined));
  const rowsOf = (filter: ListSandboxesFilter = {}): Sandbox[] | undefined => queryClient.getQueryData<Sandbox[]>(sandboxKeys.list(filter));
  await waitUntil(() => filters.every((filter) => rowsOf(filter) !== undefined));
  return (filter) => Object.fromEntries((rowsOf(filter) ?? []).map(({ id, state }) => [id, state]));
}

test("an event changes the detail and every list in place, without a request", async () => {
  const server = await startFeedServer(wireRow("a", "running"), wireRow("b", "running"));
  const states = await show(server, {});
  await server.queryClient.fetchQuery(sandboxQueries.detail(server.client, "a"));
  server.send("sandbox.paused", "a", { status: "stopped" });
  await expect.poll(() => states()).toEqual({ a: "stopped", b: "running" });
  expect(server.queryClient.getQueryData(sandboxKeys.detail("a"))).toMatchObject({ state: "stopped", status: "stopped" });
  expect(server.count("GET /computers")).toBe(2);
});

test("events are taken in their order", async () => {
  const server = await startFeedServer(wireRow("a", "creating"));
  const states = await show(server, {});
  const seen: unknown[] = [];
  onTestFinished(server.queryClient.getQueryCache().subscribe(() => seen.push(states()["a"])));
  for (const type of ["running", "paused", "resumed", "paused", "error"]) server.send(`sandbox.${type}`, "a");
  await expect.poll(() => states()).toEqual({ a: "error" });
  const order = ["creating", "running", "paused", "running", "paused", "error"];
  expect(seen.filter((state, index) => state !== seen[index - 1]).every((state) => order.splice(0, order.indexOf(String(state)) + 1).length > 0)).toBe(true);
});

test("an event that is sent again later does not take a sandbox back", async () => {
  const server = await startFeedServer(wireRow("a", "stopped", { updated_at: "2026-06-01T12:00:00.000Z" }), wireRow("b", "creating"));
  const states = await show(server, {});
  server.send("sandbox.running", "a");
  server.send("sandbox.running", "b");
  await expect.poll(() => states()["b"]).toBe("running");
  expect(states()["a"]).toBe("stopped");
});

test("lists by state gain and lose a sandbox as it changes", async () => {
  const server = await startFeedServer(wireRow("a", "creating"), wireRow("b", "running"));
  const states = await show(server, { state: "creating" }, { state: ["running"] }, { state: "stopped" });
  server.send("sandbox.running", "a");
  await expect.poll(() => states({ state: "running" })).toEqual({ a: "running", b: "running" });
  expect(states({ state: "creating" })).toEqual({});
  server.send("sandbox.paused", "b", { status: "stopped" });
  await expect.poll(() => states({ state: "stopped" })).toEqual({ b: "stopped" });
  expect(states({ state: "running" })).toEqual({ a: "running" });
  expect(server.count("GET /computers/")).toBe(0);
});

test("a sandbox that was created elsewhere is asked for once, and joins the lists it belongs to", async () => {
  const server = await startFeedServer(wireRow("a", "running"));
  const mine = { externalWorkspaceId: "mine" };
  const states = await show(server, {}, mine, { externalWorkspaceId: "other" });
  server.rows.set("new", wireRow("new", "running", { external_workspace_id: "mine", created_at: "2026-06-01T11:00:00.000Z" }));
  server.send("sandbox.created", "new");
  server.send("sandbox.running", "new");
  await expect.poll(() => states(mine)).toEqual({ new: "running" });
  expect(Object.keys(states())).toEqual(["new", "a"]);
  expect(states({ externalWorkspaceId: "other" })).toEqual({});
  server.send("sandbox.ready", "new");
  server.send("sandbox.paused", "new");
  await expect.poll(() => states(mine)).toEqual({ new: "paused" });
  expect(server.count("GET /computers/new")).toBe(1);
});

test("a sandbox that belongs to none of the lists is asked for once at most", async () => {
  const server = await startFeedServer();
  const states = await show(server, { externalWorkspaceId: "mine" });
  server.rows.set("theirs", wireRow("theirs", "creating", { external_workspace_id: "theirs" }));
  server.send("sandbox.created", "theirs");
  await waitUntil(() => server.queryClient.getQueryData(sandboxKeys.detail("theirs")));
  server.send("sandbox.running", "theirs");
  server.send("sandbox.created", "third", { external_workspace_id: "theirs" });
  server.rows.set("mine", wireRow("mine", "creating", { external_workspace_id: "mine" }));
  server.send("sandbox.created", "mine", { external_workspace_id: "mine" });
  await expect.poll(() => states({ externalWorkspaceId: "mine" })).toEqual({ mine: "creating" });
  expect(server.count("GET /computers/theirs")).toBe(1);
  expect(server.count("GET /computers/third")).toBe(0);
});

test("many sandboxes created elsewhere at once cost one request for the list", async () => {
  const server = await startFeedServer();
  const states = await show(server, {});
  for (let index = 0; index < 50; index++) {
    server.rows.set(`new-${index}`, wireRow(`new-${index}`, "creating"));
    server.send("sandbox.created", `new-${index}`);
  }
  await expect.poll(() => Object.keys(states())).toHaveLength(50);
  expect(server.count("GET /computers/")).toBeLessThanOrEqual(10);
  expect(server.count("GET /computers")).toBeLessThanOrEqual(13);
});

test("a destroyed sandbox leaves the lists, and its detail says so", async () => {
  const server = await startFeedServer(wireRow("a", "running"), wireRow("b", "running"));
  const states = await show(server, {});
  await server.queryClient.fetchQuery(sandboxQueries.detail(server.client, "a"));
  server.send("sandbox.destroyed", "a");
  server.send("sandbox.destroyed", "never-seen");
  await expect.poll(() => states()).toEqual({ b: "running" });
  expect(server.queryClient.getQueryData(sandboxKeys.detail("a"))).toMatchObject({ state: "destroyed" });
  expect(server.count("GET /computers/never-seen")).toBe(0);
});

test("an event that does not tell the state makes the page ask", async () => {
  const server = await startFeedServer(wireRow("a", "running", { name: "old" }));
  await show(server, {});
  server.rows.set("a", wireRow("a", "running", { name: "new" }));
  server.send("sandbox.renamed", "a");
  await expect.poll(() => server.queryClient.getQueryData(sandboxKeys.list({}))).toMatchObject([{ name: "new" }]);
  expect(server.count("GET /computers/a")).toBe(1);
});

test("one that is gone when it is asked for is no error", async () => {
  const server = await startFeedServer(wireRow("a", "running"));
  const states = await show(server, {});
  server.send("sandbox.created", "gone");
  await waitUntil(() => server.count("GET /computers/gone") === 1);
  server.send("sandbox.paused", "a");
  await expect.poll(() => states()).toEqual({ a: "paused" });
  expect(server.count("GET /computers/gone")).toBe(1);
});

test("the event of a sandbox that this page is creating never shows a second row", async () => {
  const server = await startFeedServer(wireRow("a", "running"));
  const { client, queryClient } = server;
  const states = await show(server, {});
  const sizes = new Set<number>();
  onTestFinished(queryClient.getQueryCache().subscribe(() => sizes.add(Object.keys(states()).length)));
  const create = queryClient.getMutationCache().build(queryClient, sandboxQueries.create(client)).execute({ name: "new" });
  await waitUntil(() => server.count("POST") === 1);
  server.rows.set("real", wireRow("real", "creating"));
  server.rows.set("elsewhere", wireRow("elsewhere", "creating"));
  for (const id of ["real", "elsewhere"]) server.send("sandbox.created", id);
  server.send("sandbox.running", "real");
  server.send("sandbox.paused", "a");
  await expect.poll(() => states()).toMatchObject({ a: "paused" });
  expect(Object.keys(states())).toEqual(["optimistic:1", "a"]);

  await server.answer(201, wireRow("real", "creating"));
  await create;
  await expect.poll(() => states()).toEqual({ real: "running", elsewhere: "creating", a: "paused" });
  expect(sizes).toEqual(new Set([2, 3]));
  expect(server.count("GET /computers/real")).toBe(0);
});

test("an event of a sandbox that is being deleted here does not bring its row back", async () => {
  const server = await startFeedServer(wireRow("a", "running"), wireRow("b", "running"));
  const { client, queryClient } = server;
  const states = await show(server, {});
  await queryClient.fetchQuery(sandboxQueries.detail(client, "a"));
  const deleting = queryClient.getMutationCache().build(queryClient, sandboxQueries.delete(client)).execute("a");
  await waitUntil(() => server.count("DELETE") === 1);
  for (const type of ["paused", "resumed"]) server.send(`sandbox.${type}`, "a");
  server.send("sandbox.paused", "b");
  await expect.poll(() => states()).toEqual({ b: "paused" });
  expect(queryClient.getQueryData(sandboxKeys.detail("a"))).toMatchObject({ state: "destroying" });
  await server.answer(200, {});
  await deleting;
  expect(states()).toEqual({ b: "paused" });
});

test("events that were missed while the feed was lost are made up for", async () => {
  const server = await startFeedServer(wireRow("a", "running"));
  const states = await show(server, {});
  server.cut();
  server.rows.set("a", wireRow("a", "stopped"));
  await server.opened(2);
  await expect.poll(() => states()).toEqual({ a: "stopped" });
});

test("events that come together change each list once", async () => {
  const rows = Array.from({ length: 200 }, (_, index) => wireRow(`s${index}`, "running"));
  const server = await startFeedServer(...rows);
  const states = await show(server, {});
  let stores = 0;
  const key = JSON.stringify(sandboxKeys.list({}));
  onTestFinished(server.queryClient.getQueryCache().subscribe(({ type, query }) => void (type === "updated" && query.queryHash === key && stores++)));
  for (const { id } of rows) server.send("sandbox.paused", id);
  await expect.poll(() => Object.values(states()).every((state) => state === "paused")).toBe(true);
  expect(stores).toBeLessThan(40);
});

test("after a gap, a sandbox on the page hears from its list, and one that stands in none is asked for", async () => {
  const server = await startFeedServer(wireRow("a", "running"), wireRow("b", "running", { external_workspace_id: "mine" }));
  const { client, queryClient } = server;
  await show(server, { externalWorkspaceId: "mine" });
  for (const id of ["a", "b"]) {
    onTestFinished(new QueryObserver(queryClient, sandboxQueries.detail(client, id)).subscribe(() => undefined));
    await waitUntil(() => queryClient.getQueryData(sandboxKeys.detail(id)));
  }
  server.cut();
  server.rows.set("a", wireRow("a", "stopped"));
  server.rows.set("b", wireRow("b", "stopped", { external_workspace_id: "mine" }));
  await server.opened(2);
  for (const id of ["a", "b"]) {
    await expect.poll(() => queryClient.getQueryData(sandboxKeys.detail(id))).toMatchObject({ state: "stopped" });
  }
  expect([server.count("GET /computers/a"), server.count("GET /computers/b")]).toEqual([2, 1]);
});

test("all who want it live share one connection, and the last closes it", async () => {
  const { client, queryClient, feed, opened, count } = await startFeedServer();
  const goLive = createLiveSandboxes(client, feed, () => sandboxCacheOf(queryClient));
  const leaves = [goLive(), goLive()];
  await opened(1);
  leaves.pop()?.();
  goLive()();
  expect(feed.status().phase).not.toBe("idle");
  leaves.pop()?.();
  const back = goLive();
  await waitUntil(() => feed.status().phase === "open");
  expect(count("GET /events/stream")).toBe(1);
  back();
  await waitUntil(() => feed.status().phase === "idle");
});
