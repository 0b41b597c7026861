import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { stateServers } from "../../test/stateServers.js";
import type { LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

const keyBody = { external_user_id: "u", scopes: ["sandboxes:read"] };

async function mintToken(server: LocalServer, more: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return String((await call(server, "POST", "/tokens/scoped", { body: { user_id: "u", workspace_id: "w", ...more }, headers })).body["token"]);
}

async function statusWith(server: LocalServer, key: string): Promise<number> {
  return (await call(server, "GET", "/computers", { key })).status;
}

test("scoped tokens and keys are good in the next server's time, up to their own end", async () => {
  let now = Date.now();
  const servers = await stateServers({ now: () => now });
  const first = await servers.start();
  const token = await mintToken(first, { expires_in_seconds: 100 });
  const minted = await call(first, "POST", "/api-keys/scoped", { body: { ...keyBody, expires_at: new Date(now + 200_000).toISOString() } });
  const key = String(minted.body["token"]);
  now += 50_000;
  const second = await servers.restart();
  expect([await statusWith(second, token), await statusWith(second, key)]).toEqual([200, 200]);
  now += 100_000;
  expect([await statusWith(second, token), await statusWith(second, key)]).toEqual([401, 200]);
  const third = await servers.restart();
  now += 100_000;
  expect(await statusWith(third, key)).toBe(401);
});

test("a key that was taken back stays so", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const minted = await Promise.all([1, 2].map(() => call(first, "POST", "/api-keys/scoped", { body: keyBody })));
  const [revoked, kept] = minted.map(({ body }) => ({ id: String(body["id"]), text: String(body["token"]) }));
  await call(first, "DELETE", `/api-keys/${revoked?.id}`);
  const second = await servers.restart();
  expect([await statusWith(second, revoked?.text ?? ""), await statusWith(second, kept?.text ?? "")]).toEqual([401, 200]);
  const { data } = (await call(second, "GET", "/api-keys")).body;
  expect(data).toMatchObject([{ id: kept?.id, external_user_id: "u" }]);
});

test("what was given in a tenant's name ends when none of the tenant's own keys is accepted any more", async () => {
  const servers = await stateServers();
  const tenant = { tenantId: "kept" };
  const first = await servers.start({ apiKeys: [{ key: "msk_u_old", ...tenant }] });
  const token = await mintToken(first);
  const key = String((await call(first, "POST", "/api-keys/scoped", { body: keyBody })).body["token"]);
  const second = await servers.restart({ apiKeys: ["msk_u_other"] });
  expect([await statusWith(second, token), await statusWith(second, key)]).toEqual([401, 401]);
  const third = await servers.restart({ apiKeys: [{ key: "msk_u_new", ...tenant }] });
  expect([await statusWith(third, token), await statusWith(third, key)]).toEqual([200, 200]);
});

test("neither the text of a token nor that of a key is written down, also not as an answer to be repeated", async () => {
  let now = Date.now();
  const servers = await stateServers({ now: () => now });
  const first = await servers.start();
  const headers = { "idempotency-key": "k" };
  const token = await mintToken(first, {}, headers);
  const key = String((await call(first, "POST", "/api-keys/scoped", { body: keyBody, headers })).body["token"]);
  await first.close();
  const directory = join(servers.stateDir, "db");
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), "latin1")));
  expect(texts.some((text) => text.includes("quota:") || text.includes("key:"))).toBe(true);
  expect(texts.filter((text) => text.includes(token) || text.includes(key))).toEqual([]);
  now += 5_000; // a token of the same second would say the same
  const second = await servers.start();
  const again = await mintToken(second, {}, headers);
  expect([again === token, await statusWith(second, again)]).toEqual([false, 200]);
});

test("a ticket ends with its server", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const id = await createReady(first);
  const { ticket } = (await call(first, "POST", "/auth/sse-ticket")).body;
  const second = await servers.restart();
  expect((await fetch(`${second.baseUrl}/sandboxes/${id}/events?ticket=${String(ticket)}`)).status).toBe(401);
});

test("quotas are kept and held to in the next server's time, and one that was deleted is not", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  await call(first, "PUT", "/quotas/external/full", { body: { max_sandboxes: 1, max_storage_gb: 2 } });
  await call(first, "PUT", "/quotas/external/free", { body: { max_sandboxes: 0 } });
  await createSandbox(first, { external_user_id: "full" });
  await call(first, "DELETE", "/quotas/external/free");
  const second = await servers.restart();
  const kept = (await call(second, "GET", "/quotas/external/full")).body;
  expect(kept).toMatchObject({ max_sandboxes: 1, max_storage_gb: 2, max_concurrent: null });
  expect(isObject(kept["usage"]) && kept["usage"]["sandboxes"]).toBe(1);
  expect((await call(second, "POST", "/computers", { body: { external_user_id: "full" } })).body["code"]).toBe("QUOTA_EXCEEDED");
  await createSandbox(second, { external_user_id: "free" });
  await call(second, "PUT", "/quotas/external/full", { body: { max_sandboxes: 5 } });
  const third = await servers.restart();
  expect((await call(third, "GET", "/quotas/external/full")).body).toMatchObject({ max_sandboxes: 5, max_storage_gb: null });
});

test.each(["bwrap", "process"] as const)("what a user of %s has stored is known before anything is started again", async (driver) => {
  const servers = await stateServers({ driver });
  const first = await servers.start();
  const id = await createReady(first, { external_user_id: "u" });
  await call(first, "POST", `/sandboxes/${id}/exec`, { body: { command: "head -c 3000000 /dev/urandom > file" } });
  await call(first, "POST", `/sandboxes/${id}/snapshots`, { body: {} });
  await call(first, "PUT", "/quotas/external/u", { body: { max_storage_gb: 0.005 } });
  const second = await servers.restart();
  expect((await call(second, "POST", `/computers/${id}/start`)).body["details"]).toMatchObject({ quota: "max_storage_gb", limit: 0.005, used: expect.closeTo(0.006, 3) });
});
