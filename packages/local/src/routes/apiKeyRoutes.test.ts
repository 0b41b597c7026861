import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let now = Date.now();
let server: LocalServer;
/** Of the user `alice` and of another one. */
let own: string;
let others: string;
let key: string;
beforeAll(async () => {
  server = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"], now: () => now });
  [own, others] = await Promise.all([createReady(server, { external_user_id: "alice" }), createReady(server, { external_user_id: "bob" })]);
  key = await keyOf(["sandboxes:write", "sandboxes:read", "usage:read"]);
});
afterAll(() => server.close());

async function keyOf(scopes: readonly string[], more: object = {}): Promise<string> {
  return String((await call(server, "POST", "/api-keys/scoped", { body: { external_user_id: "alice", scopes, ...more } })).body["token"]);
}

const idsOf = (body: Readonly<Record<string, unknown>>): unknown[] => (Array.isArray(body["data"]) ? body["data"].filter(isObject).map(({ id }) => id) : []);

describe("a key for one end user", () => {
  test("is shown once, bare and under data, and then by its record alone", async () => {
    const expiresAt = new Date(now + 3_600_000).toISOString();
    const { status, body } = await call(server, "POST", "/api-keys/scoped", { body: { external_user_id: "carol", scopes: ["sandboxes:read"], expires_at: expiresAt } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ external_user_id: "carol", scopes: ["sandboxes:read"], expires_at: expiresAt, key: body["token"], data: { token: body["token"], id: body["id"] } });
    expect(body["token"]).toMatch(/^msk_l2_/);
    const listed = await call(server, "GET", "/api-keys");
    expect(idsOf(listed.body)).toContain(body["id"]);
    expect(listed.text).not.toContain(String(body["token"]));
    expect(idsOf((await call(server, "GET", "/api-keys", { key: "msk_u_two" })).body)).toEqual([]);
  });

  test("sees that user's sandboxes in every list, and another one's id is unknown to it", async () => {
    expect(idsOf((await call(server, "GET", "/computers", { key })).body)).toEqual([own]);
    expect(idsOf((await call(server, "GET", "/sandboxes?external_user_id=bob", { key })).body)).toEqual([]);
    for (const path of [`/computers/${others}`, `/sandboxes/${others}`, `/sandboxes/${others}/readiness`, `/sandboxes/${others}/events`]) {
      expect([path, (await call(server, "GET", path, { key })).status]).toEqual([path, 404]);
    }
    expect((await exec(server, others, "true", {}, { key })).status).toBe(404);
    expect((await call(server, "DELETE", `/computers/${others}`, { key })).status).toBe(404);
    expect((await exec(server, own, "echo mine", {}, { key })).body["output"]).toBe("mine\n");
  });

  test("makes sandboxes in that user's name, whichever way, and in no other's", async () => {
    const made = [
      await call(server, "POST", "/computers", { key, body: { name: "a" } }),
      await call(server, "POST", "/sandboxes", { key, body: { external_user_id: "alice" } }),
      await call(server, "POST", `/computers/${own}/clone`, { key, body: {} }),
      await call(server, "POST", `/sandboxes/${own}/fork`, { key, body: {} }),
    ];
    expect(made.map(({ status, body }) => [status, body["external_user_id"]])).toEqual(made.map(() => [201, "alice"]));
    for (const path of ["/computers", "/sandboxes", `/computers/${own}/clone`, `/sandboxes/${own}/fork`]) {
      expect([path, (await call(server, "POST", path, { key, body: { external_user_id: "bob" } })).status]).toEqual([path, 403]);
    }
    for (const { body } of made) await call(server, "DELETE", `/sandboxes/${String(body["id"])}`);
  });

  test("hears that user's events, and not another one's", async () => {
    await using heard = await followStream(server, "/events/stream?types=sandbox.created");
    await using bound = await followStream({ ...server, apiKey: key }, "/events/stream?types=sandbox.created");
    const of = (user: string) => createSandbox(server, { external_user_id: user, name: `of ${user}` });
    const ids = [await of("bob"), await of("alice")];
    await bound.until(`"id":"${ids[1]}"`);
    await heard.until(`"id":"${ids[0]}"`);
    expect(bound.text()).not.toContain(ids[0]);
    for (const id of ids) await call(server, "DELETE", `/sandboxes/${id}`);
    const destroyed = async (asKey: string): Promise<unknown[]> => idsOf((await call(server, "GET", "/sandboxes?state=destroyed", { key: asKey })).body);
    expect(await destroyed(server.apiKey)).toEqual(expect.arrayContaining(ids));
    expect([(await destroyed(key)).includes(ids[0]), (await destroyed(key)).includes(ids[1])]).toEqual([false, true]);
    expect((await call(server, "DELETE", `/sandboxes/${ids[0]}`, { key })).status).toBe(404);
  });

  test("is told that user's usage and quota alone", async () => {
    now += 10_000;
    const { results } = (await call(server, "GET", "/usage", { key })).body;
    expect(results).toMatchObject([{ external_user_id: "alice" }]);
    expect(results).toHaveLength(1);
    const sessions = await call(server, "GET", "/usage/sessions?limit=100", { key });
    expect([sessions.text.includes(own), sessions.text.includes(others)]).toEqual([true, false]);
    for (const user of ["alice", "bob"]) await call(server, "PUT", `/quotas/external/${user}`, { body: { max_sandboxes: 50 } });
    expect((await call(server, "GET", "/quotas/external/alice", { key })).status).toBe(200);
    expect((await call(server, "GET", "/quotas/external/bob", { key })).status).toBe(404);
  });

  test("opens sockets into that user's sandboxes alone, and its tickets and links lead no further", async () => {
    const open = (id: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${server.baseUrl.replace("http", "ws")}/computers/${id}/exec/spawn?command=true`, { headers: { authorization: `Bearer ${key}` } });
        socket.once("close", (code) => resolve(`closed ${code}`));
        socket.once("error", (error) => resolve(error.message));
      });
    expect([await open(own), await open(others)]).toEqual(["closed 1000", "Unexpected server response: 404"]);
    const ticket = String((await call(server, "POST", "/auth/sse-ticket", { key })).body["ticket"]);
    expect((await fetch(`${server.baseUrl}/sandboxes/${others}/events?ticket=${ticket}`)).status).toBe(404);
    await exec(server, own, "echo linked > file");
    const url = String((await call(server, "POST", `/computers/${own}/files/export`, { key, body: { path: "file" } })).body["url"]);
    expect(await (await fetch(url)).text()).toBe("linked\n");
  });

  test("gets no answer that another user's request with the same Idempotency-Key has had", async () => {
    const headers = { "idempotency-key": "shared" };
    const first = await call(server, "POST", "/computers", { headers, body: { name: "first" } });
    const second = await call(server, "POST", "/computers", { headers, key, body: { name: "first" } });
    expect([second.status, second.body["id"] === first.body["id"], second.body["external_user_id"]]).toEqual([201, false, "alice"]);
  });

  test("may do no more than its scopes, and makes no keys itself", async () => {
    const reading = await keyOf(["sandboxes:read"]);
    expect((await call(server, "GET", `/sandboxes/${own}`, { key: reading })).status).toBe(200);
    expect((await exec(server, own, "true", {}, { key: reading })).status).toBe(403);
    for (const [method, path] of [["POST", "/api-keys/scoped"], ["GET", "/api-keys"], ["DELETE", "/api-keys/x"], ["POST", "/tokens/scoped"]] as const) {
      expect([path, (await call(server, method, path, { key })).status]).toEqual([path, 403]);
    }
  });

  test("ends when it expires or is taken back", async () => {
    const short = await keyOf(["sandboxes:read"], { expires_at: new Date(now + 60_000).toISOString() });
    expect((await call(server, "GET", "/computers", { key: short })).status).toBe(200);
    now += 60_000;
    expect((await call(server, "GET", "/computers", { key: short })).status).toBe(401);
    const minted = (await call(server, "POST", "/api-keys/scoped", { body: { external_user_id: "dave", scopes: [] } })).body;
    expect((await call(server, "DELETE", `/api-keys/${String(minted["id"])}`, { key: "msk_u_two" })).status).toBe(404);
    expect((await call(server, "DELETE", `/api-keys/${String(minted["id"])}`)).status).toBe(200);
    expect((await call(server, "GET", "/computers", { key: String(minted["token"]) })).status).toBe(401);
  });

  test.each([
    [{ scopes: [] }, 400],
    [{ external_user_id: "u" }, 400],
    [{ external_user_id: "", scopes: [] }, 422],
    [{ external_user_id: "u", scopes: ["tenant:admin"] }, 422],
    [{ external_user_id: "u", scopes: [], expires_at: "2020-01-01T00:00:00Z" }, 422],
    [{ external_user_id: "u", scopes: [], expires_at: 5 }, 422],
  ])("is not made from %j", async (body, status) => {
    expect((await call(server, "POST", "/api-keys/scoped", { body })).status).toBe(status);
  });
});
