import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { call, createReady, exec } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let server: LocalServer;
let now = Date.now();
beforeAll(async () => {
  server = await createLocalServer({ driver: "bwrap", now: () => now });
});
afterAll(() => server.close());
beforeEach(() => (now = Date.now()));

const dataOf = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => (isObject(body["data"]) ? body["data"] : {});

async function ready(id: string): Promise<string> {
  expect((await call(server, "GET", `/sandboxes/${id}/readiness/stream`)).text).toContain("event: ready\n");
  return id;
}

async function createNative(fields: object): Promise<string> {
  return ready(String((await call(server, "POST", "/sandboxes", { body: fields })).body["id"]));
}

async function snapshotOf(id: string, body: object = {}): Promise<Readonly<Record<string, unknown>>> {
  return dataOf((await call(server, "POST", `/sandboxes/${id}/snapshots`, { body })).body);
}

test("a fork and a restore carry what their source is and has, and its secrets stay secret", async () => {
  const like = { persistent: true, tags: ["a"], timeout_sec: 700, idle_timeout_sec: 60, metadata: { k: "v" }, size: "xs", external_user_id: "u" };
  const id = await createNative({ ...like, env: { OPEN: "yes" } });
  await call(server, "PUT", `/sandboxes/${id}/env`, { body: { vars: [{ key: "HIDDEN", value: "secret", encrypted: true }] } });
  await exec(server, id, "echo kept > file");
  const snapshot = await snapshotOf(id);
  const ways = [
    [`/sandboxes/${id}/fork`, { timeout_sec: 300 }],
    [`/sandboxes/${id}/restore/${String(snapshot["id"])}`, {}],
    [`/sandboxes/${id}/fork`, { snapshot_id: snapshot["id"] }],
  ] as const;
  for (const [path, body] of ways) {
    const made = await call(server, "POST", path, { body });
    expect([path, made.status, made.body]).toMatchObject([path, 201, { ...like, ...("timeout_sec" in body && { timeout_sec: 300 }) }]);
    const copy = await ready(String(made.body["id"]));
    expect((await exec(server, copy, "cat file; echo $OPEN $HIDDEN")).body["output"]).toBe("kept\nyes secret\n");
    expect((await call(server, "GET", `/sandboxes/${copy}/env`)).text).not.toContain("secret");
  }
});

test("a snapshot is kept as long as it was asked for, and tells when it was last used", async () => {
  const id = await createReady(server);
  await using stream = await followStream(server, "/events/stream?types=sandbox.snapshot.*");
  const [short, kept] = [await snapshotOf(id, { comment: "short", expiration_seconds: 60 }), await snapshotOf(id, { keep: true, expiration_days: 1 })];
  expect([short, kept]).toMatchObject([
    { comment: "short", keep: false, retention_seconds: 60, expires_at: new Date(Date.parse(String(short["created_at"])) + 60_000).toISOString(), last_used_at: null },
    { keep: true, retention_seconds: 86_400, expires_at: null },
  ]);
  await stream.until("event: sandbox.snapshot.ready\n");
  now += 2 * 86_400_000;
  const { body } = await call(server, "GET", `/sandboxes/${id}/snapshots`);
  expect(body["data"]).toMatchObject([{ id: kept["id"] }]);
  expect((await call(server, "POST", `/sandboxes/${id}/restore/${String(short["id"])}`)).status).toBe(404);
  await call(server, "POST", `/sandboxes/${id}/restore/${String(kept["id"])}`);
  expect((await call(server, "GET", `/sandboxes/${id}/snapshots`)).body["data"]).toMatchObject([{ last_used_at: new Date(now).toISOString() }]);
});

test("a snapshot that is deleted while a sandbox starts from it does not take the sandbox's files away", async () => {
  const id = await createReady(server);
  await exec(server, id, "echo kept > file");
  const path = `/sandboxes/${id}/snapshots/${String((await snapshotOf(id))["id"])}`;
  const restored = await call(server, "POST", path.replace("snapshots", "restore"));
  expect((await call(server, "DELETE", path)).status).toBe(200);
  const copy = await ready(String(restored.body["id"]));
  expect((await exec(server, copy, "cat file")).body["output"]).toBe("kept\n");
});

test("a sandbox's numbers alone choose its size, and must be those of one", async () => {
  const create = (body: object) => call(server, "POST", "/sandboxes", { body });
  expect((await create({ cpu_count: 4, memory_mb: 8_192, disk_mb: 20_480 })).body["size"]).toBe("medium");
  expect((await create({ cpu_count: 4, memory_mb: 8_192, disk_size_mb: 20_480, size: "small" })).status).toBe(422);
  expect((await create({ cpu_count: 3, memory_mb: 8_192, disk_size_mb: 20_480 })).status).toBe(422);
  expect((await create({ cpu_count: 4 })).status).toBe(422);
});

test("a slug is taken as it is asked for, and changed", async () => {
  const id = await createNative({ slug: "my-slug" });
  expect((await call(server, "GET", `/sandboxes/${id}`)).body["slug"]).toBe("my-slug");
  expect((await call(server, "PATCH", `/sandboxes/${id}`, { body: { slug: "other" } })).body["slug"]).toBe("other");
  expect((await call(server, "PATCH", `/sandboxes/${id}`, { body: { slug: "No Slug" } })).status).toBe(422);
});

test("a sandbox of the native resource is deleted without a body, as often as one likes", async () => {
  const id = await createNative({});
  expect([(await call(server, "DELETE", `/sandboxes/${id}`)).status, (await call(server, "DELETE", `/sandboxes/${id}`)).status]).toEqual([204, 204]);
  expect((await call(server, "GET", `/sandboxes/${id}`)).status).toBe(404);
  const headers = { "idempotency-key": "delete-1" };
  const other = `/sandboxes/${await createNative({})}`;
  expect([(await call(server, "DELETE", other, { headers })).status, (await call(server, "DELETE", other, { headers })).status]).toEqual([204, 204]);
  expect((await call(server, "DELETE", "/sandboxes/nobodys")).status).toBe(404);
});
