import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

let server: LocalServer;
beforeAll(async () => {
  server = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"] });
});
afterAll(() => server.close());

/** An end user of the running test alone, and the path of the user's quota. */
let user: string;
let path: string;
beforeEach(() => {
  user = `user/${randomUUID()}`;
  path = `/quotas/external/${encodeURIComponent(user)}`;
});

describe("the quota of an end user", () => {
  test("is told with what is used of it, and is gone once it is deleted", async () => {
    expect((await call(server, "GET", path)).status).toBe(404);
    const limits = { max_sandboxes: 3, max_concurrent: 2, max_storage_gb: 1, max_credit_cents: 500 };
    expect((await call(server, "PUT", path, { body: limits })).body).toMatchObject({ external_user_id: user, ...limits });
    await createReady(server, { external_user_id: user });
    expect((await call(server, "GET", path)).body).toMatchObject({ ...limits, usage: { sandboxes: 1, concurrent: 1 } });
    expect((await call(server, "DELETE", path)).status).toBe(200);
    expect((await call(server, "GET", path)).status).toBe(404);
  });

  test("stops every way to one more, by 403, and nobody else", async () => {
    await call(server, "PUT", path, { body: { max_sandboxes: 1 } });
    const id = await createReady(server, { external_user_id: user });
    const refused = await call(server, "POST", "/computers", { body: { external_user_id: user } });
    expect([refused.status, refused.body["code"], refused.body["details"]]).toEqual([403, "QUOTA_EXCEEDED", { quota: "max_sandboxes", limit: 1, used: 1 }]);
    expect(refused.headers.get("retry-after")).toBeNull();
    for (const way of [`/computers/${id}/clone`, `/sandboxes/${id}/fork`]) expect([way, (await call(server, "POST", way)).status]).toEqual([way, 403]);
    expect((await call(server, "POST", "/sandboxes", { body: { external_user_id: user } })).status).toBe(403);
    expect((await call(server, "POST", "/sandboxes", { body: { external_user_id: "other" } })).status).toBe(201);
    await call(server, "DELETE", `/sandboxes/${id}`);
    await createSandbox(server, { external_user_id: user });
  });

  test("lets no more copies be made than fit when several are asked for at once", async () => {
    await call(server, "PUT", path, { body: { max_sandboxes: 2 } });
    const id = await createReady(server, { external_user_id: user });
    const ways = [`/computers/${id}/clone`, `/sandboxes/${id}/fork`];
    const answers = await Promise.all([...ways, ...ways].map((way) => call(server, "POST", way)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 403, 403, 403]);
    expect((await call(server, "GET", path)).body).toMatchObject({ usage: { sandboxes: 2 } });
  });

  test("stops what was stopped from running beside another, and lets it when that one has ended", async () => {
    await call(server, "PUT", path, { body: { max_concurrent: 1 } });
    const first = await createReady(server, { external_user_id: user, template_type: "miosa-desktop" });
    await call(server, "POST", `/computers/${first}/stop`);
    await expect.poll(async () => (await call(server, "GET", `/computers/${first}`)).body["status"]).toBe("stopped");
    const second = await createReady(server, { external_user_id: user });
    for (const way of [`/computers/${first}/start`, `/sandboxes/${first}/resume`]) {
      expect([way, (await call(server, "POST", way)).body["details"]]).toEqual([way, { quota: "max_concurrent", limit: 1, used: 1 }]);
    }
    expect((await call(server, "POST", `/computers/${second}/start`)).status).toBe(200);
    await call(server, "DELETE", `/computers/${second}`);
    expect((await call(server, "POST", `/computers/${first}/start`)).status).toBe(200);
  });

  test("whose credit is used up stops by 402", async () => {
    await call(server, "PUT", path, { body: { max_credit_cents: 0 } });
    const refused = await call(server, "POST", "/computers", { body: { external_user_id: user } });
    expect([refused.status, refused.body["code"]]).toEqual([402, "INSUFFICIENT_CREDITS"]);
  });

  test("counts for its tenant alone", async () => {
    await call(server, "PUT", path, { body: { max_sandboxes: 0 } });
    expect((await call(server, "POST", "/computers", { body: { external_user_id: user }, key: "msk_u_two" })).status).toBe(201);
    expect((await call(server, "GET", path, { key: "msk_u_two" })).status).toBe(404);
  });

  test("is changed by the server's own keys only", async () => {
    const minted = await call(server, "POST", "/tokens/scoped", { body: { user_id: "u", workspace_id: "w" } });
    const key = String(minted.body["token"]);
    await call(server, "PUT", path, { body: { max_sandboxes: 1 } });
    expect((await call(server, "PUT", path, { key, body: {} })).status).toBe(403);
    expect((await call(server, "DELETE", path, { key })).status).toBe(403);
    expect((await call(server, "GET", path, { key })).status).toBe(200);
  });

  test("with a limit that is no number is a 422", async () => {
    expect((await call(server, "PUT", path, { body: { max_sandboxes: "2" } })).status).toBe(422);
  });
});

describe("a server that lets a key ask three times a minute", () => {
  test("answers more with 429 and the seconds to wait, and each key counts alone", async () => {
    let now = Date.now();
    await using limited = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"], requestsPerMinute: 3, now: () => now });
    const ask = async (key: string): Promise<number> => (await call(limited, "GET", "/computers", { key })).status;
    expect([await ask("msk_u_one"), await ask("msk_u_one"), await ask("msk_u_one"), await ask("msk_u_one")]).toEqual([200, 200, 200, 429]);
    expect(await ask("msk_u_two")).toBe(200);
    now += 20_000;
    const refused = await call(limited, "GET", "/computers");
    expect([refused.status, refused.headers.get("retry-after"), refused.body["retry_after"], refused.body["code"]]).toEqual([429, "40", 40, "rate_limit_exceeded"]);
    now += 40_000;
    expect(await ask("msk_u_one")).toBe(200);
    expect((await call(limited, "GET", "/tenant/plan")).body).toMatchObject({ limits: { requests_per_minute: 3 } });
  });

  test("counts a stranger's guesses of keys", async () => {
    await using limited = await createLocalServer({ requestsPerMinute: 1 });
    expect((await fetch(`${limited.baseUrl}/computers`)).status).toBe(401);
    expect((await fetch(`${limited.baseUrl}/computers`)).status).toBe(429);
  });
});
