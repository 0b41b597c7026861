import { createMiosaClient } from "@miosa/core";
import { expect, inject, test } from "vitest";

const options = { baseUrl: inject("baseUrl"), apiKey: inject("apiKey") };
const client = createMiosaClient(options);

test("a function in workerd creates a sandbox, waits over the stream until it is ready, and uses it", async () => {
  const { id } = await client.sandboxes.create({ name: "edge" });
  expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
  expect(await client.exec.run(id, { command: "echo hi" })).toMatchObject({ stdout: "hi\n", exitCode: 0 });
  await client.computers.destroy(id);
});

test("a watch in workerd ends with ready", async () => {
  const { id } = await client.sandboxes.create();
  const seen: string[] = [];
  for await (const { phase, source } of client.sandboxes.watchReadiness(id)) seen.push(`${phase} by ${source}`);
  expect([seen[0], seen.at(-1)]).toEqual(["connecting by stream", "ready by stream"]);
});

test("a wait in workerd can do with polling alone", async () => {
  const { id } = await client.sandboxes.create();
  expect(await client.sandboxes.waitUntilReady(id, { stream: false })).toBe(true);
});

test("a wait in workerd rejects with a typed error for an unknown sandbox", async () => {
  const wait = client.sandboxes.waitUntilReady("00000000-0000-4000-8000-000000000000");
  await expect(wait).rejects.toMatchObject({ kind: "api", status: 404 });
});

test("a wait in workerd rejects with a typed error for a wrong key", async () => {
  const stranger = createMiosaClient({ ...options, apiKey: "msk_u_wrong" });
  await expect(stranger.sandboxes.waitUntilReady("sb_1")).rejects.toMatchObject({ kind: "api", status: 401 });
});

test("a wait in workerd gives up at its deadline on a server that never answers", async () => {
  const silent = createMiosaClient({ ...options, fetch: () => new Promise(() => {}) });
  expect(await silent.sandboxes.waitUntilReady("sb_1", { timeoutMs: 100 })).toBe(false);
});

test("a wait in workerd is false, not an error, while nobody listens at the address", async () => {
  const nobody = createMiosaClient({ ...options, baseUrl: "http://127.0.0.1:1" });
  expect(await nobody.sandboxes.waitUntilReady("sb_1", { timeoutMs: 0 })).toBe(false);
});

test("a wait in workerd rejects with the caller's own reason when aborted", async () => {
  const controller = new AbortController();
  const reason = { why: "the client left" };
  const silent = createMiosaClient({ ...options, fetch: () => new Promise(() => {}) });
  const wait = silent.sandboxes.waitUntilReady("sb_1", { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(wait).rejects.toBe(reason);
});
