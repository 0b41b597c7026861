import type { ServerResponse } from "node:http";
import { createMiosaClient, type MiosaClient, type ReadinessSnapshot, recordReadiness, type Sandbox } from "@miosa/core";
import { startRawServer } from "@miosa/local/testing";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../../test/waitUntil.js";
import { sandboxCacheOf } from "./sandboxCache.js";
import { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

const ready: ReadinessSnapshot = { phase: "ready", source: "feed", startedAtMs: 0, elapsedMs: 1, readyAt: null };

interface Wire {
  id: string;
  name?: string;
  status: string;
}

/** A server that answers a request when the test says so, with what the test says. */
async function startSlowServer(): Promise<{
  client: MiosaClient;
  queryClient: QueryClient;
  /** Answers the oldest open request for this method and path, once there is one. */
  answer: (request: string, body: unknown, status?: number) => Promise<void>;
  /** Resolves once a request for this method and path is open. */
  arrived: (request: string) => Promise<void>;
}> {
  const open: { request: string; response: ServerResponse }[] = [];
  const server = await startRawServer((request, response) => {
    open.push({ request: `${request.method} ${request.url}`, response });
  });
  const queryClient = new QueryClient();
  onTestFinished(async () => {
    queryClient.clear();
    await server.close();
  });
  return {
    client: createMiosaClient({ apiKey: "msk_u_test", baseUrl: server.url, retries: 0 }),
    queryClient,
    async arrived(wanted) {
      await waitUntil(() => open.some(({ request }) => request.startsWith(wanted)));
    },
    async answer(wanted, body, status = 200) {
      const index = await waitUntil(() => {
        const found = open.findIndex(({ request }) => request.startsWith(wanted));
        return found < 0 ? undefined : { found };
      });
      const [entry] = open.splice(index.found, 1);
      entry?.response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    },
  };
}

const wire = ({ id, name = id, status }: Wire): Record<string, unknown> => ({
  id,
  name,
  status,
  template_type: "miosa-sandbox",
  created_at: "2026-06-01T10:00:00Z",
  updated_at: "2026-06-01T10:00:00Z",
});

test("a reply that was asked for before the sandbox became ready does not take it back", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  const list = queryClient.fetchQuery(sandboxQueries.list(client));
  const detail = queryClient.fetchQuery(sandboxQueries.detail(client, "sbx"));
  await answer("GET /computers/sbx", wire({ id: "sbx", status: "creating" }));
  await expect(detail).resolves.toMatchObject({ state: "creating" });

  const late = queryClient.fetchQuery(sandboxQueries.detail(client, "sbx"));
  recordReadiness(sandboxCacheOf(queryClient), "sbx", ready);
  expect(queryClient.getQueryData(sandboxKeys.detail("sbx"))).toMatchObject({ state: "running", status: "running" });

  await answer("GET /computers/sbx", wire({ id: "sbx", name: "renamed", status: "starting" }));
  await late;
  expect(queryClient.getQueryData(sandboxKeys.detail("sbx"))).toMatchObject({ name: "renamed", state: "running" });
  await answer("GET /computers", [wire({ id: "sbx", status: "creating" })]);
  await list;
  expect(queryClient.getQueryData(sandboxKeys.list())).toMatchObject([{ state: "running" }]);
});

test("a reply that was asked for afterwards is believed", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  recordReadiness(sandboxCacheOf(queryClient), "sbx", ready);
  const detail = queryClient.fetchQuery(sandboxQueries.detail(client, "sbx"));
  await answer("GET /computers/sbx", wire({ id: "sbx", status: "starting" }));
  await expect(detail).resolves.toMatchObject({ state: "starting" });
});

test("a list that was asked for before a create was answered still holds the new sandbox, once", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  queryClient.setQueryData(sandboxKeys.list(), []);
  const observer = new QueryObserver(queryClient, { ...sandboxQueries.list(client), staleTime: Infinity });
  const seen: string[][] = [];
  onTestFinished(observer.subscribe(({ data }) => seen.push((data ?? []).map((row) => row.name ?? ""))));

  const create = queryClient.getMutationCache().build(queryClient, sandboxQueries.create(client)).execute({ name: "new" });
  await waitUntil(() => seen.some((names) => names.includes("new")));
  const refetch = observer.refetch();
  await answer("GET /computers", []);
  await refetch;
  expect(queryClient.getQueryData(sandboxKeys.list())).toMatchObject([{ name: "new", state: "creating" }]);

  const late = observer.refetch();
  await answer("POST /computers", wire({ id: "real", name: "new", status: "creating" }), 201);
  await create;
  await answer("GET /computers", []);
  await late;
  expect(queryClient.getQueryData(sandboxKeys.list())).toMatchObject([{ id: "real", name: "new" }]);
  expect(seen.every((names) => names.length <= 1)).toBe(true);
  expect(seen.slice(seen.findIndex((names) => names.length === 1)).every((names) => names.length === 1)).toBe(true);
});

test("a list that was asked for before a delete does not bring the sandbox back", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  const first = queryClient.fetchQuery(sandboxQueries.list(client));
  await answer("GET /computers", [wire({ id: "a", status: "running" }), wire({ id: "b", status: "running" })]);
  await first;

  const late = queryClient.fetchQuery(sandboxQueries.list(client));
  const deleting = queryClient.getMutationCache().build(queryClient, sandboxQueries.delete(client)).execute("a");
  await answer("DELETE /computers/a", {}, 200);
  await deleting;
  await answer("GET /computers", [wire({ id: "a", status: "running" }), wire({ id: "b", status: "running" })]);
  await late;
  expect(queryClient.getQueryData(sandboxKeys.list())).toMatchObject([{ id: "b" }]);
});

test("what is learned without asking leaves an entry as stale as it was", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  const detail = queryClient.fetchQuery(sandboxQueries.detail(client, "sbx"));
  await answer("GET /computers/sbx", wire({ id: "sbx", status: "creating" }));
  await detail;
  await queryClient.invalidateQueries({ queryKey: sandboxKeys.all });
  const before = queryClient.getQueryState(sandboxKeys.detail("sbx"));
  recordReadiness(sandboxCacheOf(queryClient), "sbx", ready);
  const after = queryClient.getQueryState(sandboxKeys.detail("sbx"));
  expect(after).toMatchObject({ dataUpdatedAt: before?.dataUpdatedAt, isInvalidated: true, data: { state: "running" } });
});

test("a create that is answered after its sandbox became ready does not take it back", async () => {
  const { client, queryClient, answer, arrived } = await startSlowServer();
  const create = queryClient.getMutationCache().build(queryClient, sandboxQueries.create(client)).execute({ name: "new" });
  await arrived("POST /computers");
  recordReadiness(sandboxCacheOf(queryClient), "real", ready);
  await answer("POST /computers", wire({ id: "real", status: "creating" }), 201);
  await expect(create).resolves.toMatchObject({ state: "running" });
  expect(queryClient.getQueryData(sandboxKeys.detail("real"))).toMatchObject({ state: "running" });
});

test("rows that did not change stay the same objects when another row comes in above them", async () => {
  const { client, queryClient, answer } = await startSlowServer();
  const rows = [wire({ id: "a", status: "running" }), wire({ id: "b", status: "running" })];
  const first = queryClient.fetchQuery(sandboxQueries.list(client));
  await answer("GET /computers", rows);
  await first;
  const before = queryClient.getQueryData<Sandbox[]>(sandboxKeys.list());
  const second = queryClient.fetchQuery(sandboxQueries.list(client));
  await answer("GET /computers", [wire({ id: "new", status: "creating" }), ...rows]);
  await second;
  const after = queryClient.getQueryData<Sandbox[]>(sandboxKeys.list());
  expect(after).toHaveLength(3);
  expect(after?.[1]).toBe(before?.[0]);
  expect(after?.[2]).toBe(before?.[1]);
});
