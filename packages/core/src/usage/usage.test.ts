import { createMiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, test } from "vitest";
import { deferred, rejection } from "../../test/rawTransport.js";

test("usage is told per customer, user, project and workspace, and in sum", async () => {
  let nowMs = Date.UTC(2026, 4, 10);
  await using server = await createLocalServer({ now: () => nowMs });
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const a = await miosa.sandboxes.createReady({ externalWorkspaceId: "w1", externalUserId: "u1", externalProjectId: "p1", size: "xs" });
  await miosa.sandboxes.createReady({ externalWorkspaceId: "w1", externalUserId: "u2", size: "xs" });
  await miosa.sandboxes.createReady({ size: "medium" });
  nowMs += 3_600_000;
  await miosa.sandboxes.delete(a.id);
  nowMs += 3_600_000;
  const rows = async (groupBy: "externalWorkspaceId" | "externalUserId" | "externalProjectId" | "workspaceId") => {
    const report = await miosa.usage.byAttribution({ groupBy, period: "7d" });
    return Object.fromEntries(report.rows.map(({ key, sandboxSeconds }) => [String(key), sandboxSeconds]));
  };
  expect(await rows("externalWorkspaceId")).toEqual({ w1: 3 * 3_600, null: 4 * 2 * 3_600 });
  expect(await rows("externalUserId")).toEqual({ u1: 3_600, u2: 2 * 3_600, null: 4 * 2 * 3_600 });
  expect(await rows("externalProjectId")).toEqual({ p1: 3_600, null: 2 * 3_600 + 4 * 2 * 3_600 });
  expect(Object.values(await rows("workspaceId"))).toEqual([11 * 3_600]);
  const only = await miosa.usage.byAttribution({ externalUserId: "u2", period: "custom", start: "2026-05-10T00:00:00Z", end: "2026-05-10T01:00:00Z" });
  expect(only).toMatchObject({ periodEnd: "2026-05-10T01:00:00.000Z", rows: [{ key: "w1", sandboxSeconds: 3_600 }] });
  expect((await miosa.usage.summary()).computeHours).toBe(5);
  const sessions = [];
  for await (const session of miosa.usage.eachSession({ limit: 1 })) sessions.push(session);
  expect(sessions).toHaveLength(3);
  expect(sessions.find(({ computerId }) => computerId === a.id)).toMatchObject({ durationSec: 3_600, endedAt: "2026-05-10T01:00:00.000Z" });
  const page = await miosa.usage.sessions({ limit: 2 });
  expect([page.sessions.length, typeof page.nextCursor]).toEqual([2, "string"]);
});

test.each([
  [{ groupBy: "nobody" }, /groupBy must be one of externalWorkspaceId/],
  [{ period: "1y" }, /period must be one of 7d/],
  [{ period: "custom", start: "2026-01-01" }, /start and end/],
  [{ start: "2026-01-01", end: "2026-02-01" }, /start and end/],
])("a report on %o is refused before any request", async (query, message) => {
  const { usage } = createMiosaClient({ baseUrl: "http://127.0.0.1:1" });
  const work: unknown = Reflect.apply(usage.byAttribution, undefined, [query]);
  expect(await rejection(Promise.resolve(work))).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) });
});

test("a scoped token may do what its scopes say, for as long as it lives, and mint nothing", async () => {
  let nowMs = Date.now();
  await using server = await createLocalServer({ now: () => nowMs });
  const { baseUrl, apiKey } = server;
  const owner = createMiosaClient({ baseUrl, apiKey });
  const sandbox = await owner.sandboxes.createReady();
  const minted = await owner.tokens.mintScoped({ userId: "u", workspaceId: "w", scopes: ["sandboxes:read"], expiresInSec: 60 });
  expect(minted).toMatchObject({ scopes: ["sandboxes:read"], expiresAt: new Date(nowMs + 60_000).toISOString() });
  const reader = createMiosaClient({ baseUrl, token: minted.token, retries: 0 });
  expect((await reader.sandboxes.get(sandbox.id)).id).toBe(sandbox.id);
  const refused = { status: 403, code: "insufficient_scope" };
  expect(await rejection(reader.exec.run(sandbox.id, { command: "true" }))).toMatchObject(refused);
  expect(await rejection(reader.sandboxes.create())).toMatchObject(refused);
  expect(await rejection(reader.sandboxes.delete(sandbox.id))).toMatchObject(refused);
  expect(await rejection(reader.usage.summary())).toMatchObject(refused);
  expect(await rejection(reader.tokens.mintScoped({ userId: "u", workspaceId: "w" }))).toMatchObject(refused);
  expect(await rejection(createMiosaClient({ baseUrl, token: `${minted.token}x` }).sandboxes.list())).toMatchObject({ status: 401 });
  nowMs += 61_000;
  expect(await rejection(reader.sandboxes.get(sandbox.id))).toMatchObject({ status: 401 });
});

test("one sandbox's events are its own, and a ticket opens a stream once", async () => {
  await using server = await createLocalServer();
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await miosa.sandboxes.createReady();
  const other = await miosa.sandboxes.createReady();
  const { promise: isOpen, resolve: opened } = deferred();
  const events = miosa.events.sandboxStream(id, { onOpen: () => opened() });
  const first = events.next();
  await isOpen;
  await miosa.sandboxes.delete(other.id);
  await miosa.sandboxes.delete(id);
  expect((await first).value).toMatchObject({ type: "sandbox.destroyed", resourceId: id });
  await events.return();
  const { ticket, expiresInSec } = await miosa.events.mintTicket();
  expect(expiresInSec).toBe(60);
  const open = async () => {
    const response = await fetch(`${server.baseUrl}/events/stream?ticket=${ticket}`);
    await response.body?.cancel();
    return response.status;
  };
  expect([await open(), await open()]).toEqual([200, 401]);
});

test("one sandbox's events tell of its commands", async () => {
  await using server = await createLocalServer();
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await miosa.sandboxes.createReady();
  const { promise: isOpen, resolve: opened } = deferred();
  const events = miosa.events.sandboxStream(id, { onOpen: () => opened() });
  const first = events.next();
  await isOpen;
  await miosa.exec.run(id, { command: "exit 3" });
  const started = (await first).value;
  const completed = (await events.next()).value;
  await events.return();
  expect(started).toMatchObject({ type: "sandbox.exec.started", resourceId: id, command: "exit 3" });
  expect(completed).toMatchObject({ type: "sandbox.exec.completed", exitCode: 3, execId: started?.["execId"] });
});

test("a preview leads to a port of the sandbox, until it is deleted", async () => {
  await using server = await createLocalServer();
  const { sandboxes, exec } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await sandboxes.createReady();
  const serving = exec.stream(id, { command: "echo hello > index.html; exec python3 -u -m http.server 0 --bind 127.0.0.1", timeoutSec: 60 });
  const { value } = await serving.next();
  const port = Number(/port (\d+)/.exec(value?.type === "stdout" ? value.line : "")?.[1]);
  const preview = await sandboxes.createPreview(id, { port });
  expect(await sandboxes.listPreviews(id)).toEqual([preview]);
  expect(await (await fetch(`${preview.url}/index.html`)).text()).toBe("hello\n");
  await sandboxes.deletePreview(id, preview.id);
  await serving.return();
  expect(await rejection(fetch(`${preview.url}/index.html`))).toBeInstanceOf(TypeError);
});

test("a snapshot keeps the files, and a fork and a restore begin with them", async () => {
  await using server = await createLocalServer();
  const { sandboxes, files } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { id } = await sandboxes.createReady();
  await files.write(id, "a.txt", "one");
  const snapshot = await sandboxes.createSnapshot(id, { comment: "first" });
  expect(snapshot).toMatchObject({ status: "ready", comment: "first" });
  await files.write(id, "a.txt", "two");
  const [fork, restored, old] = [await sandboxes.fork(id), await sandboxes.restoreSnapshot(id, snapshot.id), await sandboxes.fork(id, { snapshotId: snapshot.id })];
  const texts = [];
  for (const copy of [fork, restored, old]) {
    await sandboxes.waitUntilReady(copy.id);
    texts.push(await files.readText(copy.id, "a.txt"));
  }
  expect(texts).toEqual(["two", "one", "one"]);
  expect((await sandboxes.listSnapshots(id)).map((each) => each.id)).toEqual([snapshot.id]);
  await sandboxes.deleteSnapshot(id, snapshot.id);
  expect(await sandboxes.listSnapshots(id)).toEqual([]);
});
