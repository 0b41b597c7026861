import { createMiosaClient, type MiosaClient } from "@miosa/core";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "@miosa/local";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

async function start(options: LocalServerOptions = {}): Promise<{ server: LocalServer; miosa: MiosaClient } & AsyncDisposable> {
  const server = await createLocalServer(options);
  const { baseUrl, apiKey } = server;
  return { server, miosa: createMiosaClient({ baseUrl, apiKey }), [Symbol.asyncDispose]: () => server.close() };
}

test("resolves to the sandbox as it is once ready", async () => {
  await using world = await start();
  const sandbox = await world.miosa.sandboxes.createReady({ name: "a", externalUserId: "u" });
  expect(sandbox).toMatchObject({ name: "a", state: "running", externalUserId: "u" });
  expect(world.server.sandboxes.count).toBe(1);
});

test("destroys a sandbox that failed to boot and tells its id and reason", async () => {
  await using world = await start({ faults: { bootFails: { reason: "no disk" } } });
  const error = await rejection(world.miosa.sandboxes.createReady());
  expect(error).toMatchObject({ name: "ApiError", code: "SANDBOX_FAILED", message: expect.stringContaining("no disk") });
  expect(error).toHaveProperty("sandboxId", expect.stringMatching(/./));
  expect(world.server.sandboxes.count).toBe(0);
});

test("destroys a sandbox that is not ready by the deadline", async () => {
  await using world = await start({ faults: { neverReady: true } });
  const error = await rejection(world.miosa.sandboxes.createReady({}, { timeoutMs: 1_000 }));
  expect(error).toMatchObject({ name: "TimeoutError", code: "TIMEOUT" });
  expect(error).toHaveProperty("sandboxId", expect.stringMatching(/./));
  expect(world.server.sandboxes.count).toBe(0);
});

test("destroys the sandbox when the caller aborts during the wait, and rejects with the caller's reason", async () => {
  await using world = await start({ faults: { neverReady: true } });
  const abort = new AbortController();
  const work = rejection(world.miosa.sandboxes.createReady({}, { signal: abort.signal }));
  await expect.poll(() => world.server.connections().streams.readiness).toBe(1);
  abort.abort("enough");
  expect(await work).toBe("enough");
  expect(world.server.sandboxes.count).toBe(0);
});

test.each(["abort", "deadline"])("finds and destroys what a create made whose answer the caller did not wait for (%s)", async (kind) => {
  const abort = new AbortController();
  const made = new Map<string, string>();
  const destroyed: string[] = [];
  let isFirst = true;
  await using raw = await startRawTransport((request, response) => {
    if (request.method === "DELETE") {
      destroyed.push(String(request.url?.split("/").at(-1)));
      return answerJson(response, 200, { ok: true });
    }
    const key = String(request.headers["idempotency-key"]);
    const id = made.get(key) ?? `box-${made.size}`;
    made.set(key, id);
    if (!isFirst) return answerJson(response, 201, { id });
    isFirst = false; // this one is made, and its answer never comes
    if (kind === "abort") abort.abort("gone");
    return undefined;
  });
  const { sandboxes } = createMiosaClient({ baseUrl: raw.server.url });
  const error = await rejection(sandboxes.createReady({}, { signal: abort.signal, timeoutMs: kind === "abort" ? 30_000 : 1_500 }));
  expect({ error }).toMatchObject({ error: kind === "abort" ? "gone" : { code: "TIMEOUT", sandboxId: "box-0" } });
  expect([...made.values()]).toEqual(["box-0"]);
  expect(destroyed).toEqual(["box-0"]);
});

test("makes nothing up when the server refused the create", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 402, { error: { code: "INSUFFICIENT_CREDITS", message: "pay" } }));
  const error = await rejection(createMiosaClient({ baseUrl: raw.server.url }).sandboxes.createReady());
  expect(error).toMatchObject({ code: "INSUFFICIENT_CREDITS", sandboxId: undefined });
  expect(raw.server.requests).toHaveLength(1);
});

test("tells of a sandbox that it could not destroy", async () => {
  const orphans: unknown[] = [];
  await using raw = await startRawTransport((request, response) => {
    if (request.method === "POST") return answerJson(response, 201, { id: "box-9" });
    return answerJson(response, request.method === "DELETE" ? 423 : 403, { error: "no" });
  });
  const { sandboxes } = createMiosaClient({ baseUrl: raw.server.url });
  const error = await rejection(sandboxes.createReady({}, { idempotencyKey: "k", onOrphan: (orphan) => orphans.push(orphan) }));
  expect(error).toMatchObject({ status: 403, sandboxId: "box-9" });
  expect(orphans).toMatchObject([{ sandboxId: "box-9", idempotencyKey: "k", error: { status: 423 } }]);
});

test("takes a sandbox that is gone already for destroyed", async () => {
  await using raw = await startRawTransport((request, response) => {
    if (request.method === "POST") return answerJson(response, 201, { id: "box-9" });
    return answerJson(response, request.method === "DELETE" ? 404 : 403, {});
  });
  const orphans: unknown[] = [];
  await rejection(createMiosaClient({ baseUrl: raw.server.url }).sandboxes.createReady({}, { onOrphan: (orphan) => orphans.push(orphan) }));
  expect(orphans).toEqual([]);
});
