import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

let server: LocalServer;
const keys = [
  { key: "msk_u_one", tenantId: "ten_one" },
  { key: "msk_p_one", tenantId: "ten_one" },
  { key: "msk_u_two", tenantId: "ten_two" },
];
beforeAll(async () => {
  server = await createLocalServer({ apiKeys: keys });
});
afterAll(() => server.close());

describe("creating", () => {
  test("answers 201 with the bare computer, labels and all", async () => {
    const body = {
      name: "quick-exec",
      template_type: "miosa-sandbox",
      metadata: { purpose: "demo" },
      external_workspace_id: " acct-11 ",
      external_user_id: "u-5",
    };
    const answer = await call(server, "POST", "/computers", { body });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/);
    expect(answer.body).toMatchObject({
      ...body,
      external_project_id: null,
      status: "creating",
      size: "small",
      tenant_id: "ten_one",
      visibility: "public",
      isolation: "none",
    });
    expect(answer.body["id"]).toMatch(/^[\da-f-]{36}$/);
  });

  test("takes an empty object and names the computer itself", async () => {
    const { status, body } = await call(server, "POST", "/computers", { body: {} });
    expect(status).toBe(201);
    expect(body["name"]).toMatch(/^computer-/);
    expect(body["template_type"]).toBe("miosa-desktop");
  });

  test("keeps a template_type that is given, even null", async () => {
    expect((await call(server, "POST", "/computers", { body: { template_type: null } })).body["template_type"]).toBeNull();
    expect((await call(server, "POST", "/computers", { body: { template_type: "other" } })).body["template_type"]).toBe("other");
  });

  test("keeps a metadata key named __proto__ as a plain member", async () => {
    const { text } = await call(server, "POST", "/computers", { body: '{"metadata":{"__proto__":{"x":1}}}' });
    expect(text).toContain('"metadata":{"__proto__":{"x":1}}');
  });

  test.each([
    ["external_workspace_id", 5, "must be a string"],
    ["external_user_id", ["u"], "must be a string"],
    ["external_project_id", "x".repeat(256), "must have at most 255 characters"],
    ["name", 7, "must be a string"],
    ["name", "  ", "must not be empty"],
    ["template_type", false, "must be a string or null"],
    ["size", "huge", "must be one of xs, small, medium, large, xl"],
    ["size", "toString", "must be one of xs, small, medium, large, xl"],
    ["visibility", "all", "must be one of public, tenant, key"],
    ["metadata", [], "must be an object"],
    ["metadata", { text: "x".repeat(20_000) }, "must have at most 16384 bytes"],
  ])("refuses %s of %j with 422 and says what is wrong", async (field, value, problem) => {
    const before = server.sandboxes.count;
    const answer = await call(server, "POST", "/computers", { body: { [field]: value } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "VALIDATION_ERROR", details: { [field]: [problem] } });
    expect(answer.body["error"]).toMatchObject({ code: "VALIDATION_ERROR", details: { [field]: [problem] } });
    expect(server.sandboxes.count).toBe(before);
  });

  test("refuses metadata nested a hundred thousand levels deep", async () => {
    const deep = `{"metadata":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    expect((await call(server, "POST", "/computers", { body: deep })).body).toMatchObject({
      details: { metadata: ["must not nest deeper than 32"] },
    });
  });

  test("names every wrong field at once", async () => {
    const { body } = await call(server, "POST", "/computers", { body: { name: 1, external_user_id: 2 } });
    expect(body["details"]).toEqual({ name: ["must be a string"], external_user_id: ["must be a string"] });
  });
});

describe("tenants", () => {
  test("keys of one tenant share its sandboxes", async () => {
    const id = await createSandbox(server);
    expect((await call(server, "GET", `/computers/${id}`, { key: "msk_p_one" })).status).toBe(200);
  });

  test("another tenant's id is the same 404 as an unknown one, on every route, and nothing happens to it", async () => {
    const id = await createReady(server, { external_user_id: "u-5" });
    const routes = [
      ["GET", "/computers/:id"],
      ["PATCH", "/computers/:id"],
      ["DELETE", "/computers/:id?force=true"],
      ["POST", "/computers/:id/start"],
      ["POST", "/computers/:id/exec"],
      ["GET", "/sandboxes/:id/readiness"],
      ["GET", "/sandboxes/:id/readiness/stream"],
    ] as const;
    for (const [method, path] of routes) {
      const ask = (wanted: string) =>
        call(server, method, path.replace(":id", wanted), {
          key: "msk_u_two",
          ...(method !== "GET" && { body: { command: "true", name: "taken", external_user_id: "u-5" } }),
        });
      const [foreign, unknown] = [await ask(id), await ask("00000000-0000-4000-8000-000000000000")];
      expect([method, path, foreign.status]).toEqual([method, path, 404]);
      const plain = (text: string) => text.replaceAll(/req_[\da-f-]+/g, "req");
      expect(plain(foreign.text)).toBe(plain(unknown.text));
    }
    expect((await call(server, "GET", `/computers/${id}`)).body).toMatchObject({ status: "running", name: expect.stringMatching(/^sandbox-/) });
  });

  test("another tenant's list does not show it, filters or not", async () => {
    await createSandbox(server, { external_user_id: "shared-label" });
    expect((await call(server, "GET", "/computers?external_user_id=shared-label", { key: "msk_u_two" })).body["data"]).toEqual([]);
  });
});

describe("listing", () => {
  const ids = (body: Readonly<Record<string, unknown>>): string[] => JSON.stringify(body["data"]).match(/(?<="id":")[^"]+/g) ?? [];

  test("shows the newest first, filtered by each label and by all together", async () => {
    await using own = await createLocalServer();
    const first = await createSandbox(own, { external_workspace_id: "w", external_user_id: "u", external_project_id: "p" });
    const second = await createSandbox(own, { external_workspace_id: "w", external_user_id: "u2" });
    const list = async (query: string) => ids((await call(own, "GET", `/computers${query}`)).body);
    expect(await list("")).toEqual([second, first]);
    expect(await list("?external_workspace_id=w")).toEqual([second, first]);
    expect(await list("?external_workspace_id=w&external_user_id=u2")).toEqual([second]);
    expect(await list("?external_project_id=p")).toEqual([first]);
    expect(await list("?external_workspace_id=W")).toEqual([]);
    expect(await list("?status=stopped")).toEqual([]);
  });

  test("pages by page with page_size or per_page and answers both page members", async () => {
    await using own = await createLocalServer();
    const made = [await createSandbox(own), await createSandbox(own), await createSandbox(own)].toReversed();
    const all = await call(own, "GET", "/computers");
    expect(ids(all.body)).toEqual(made);
    expect(all.body).toMatchObject({ meta: { total: 3, page: 1, per_page: 3 }, page: { page: 1, page_size: 3, total: 3 } });
    for (const name of ["page_size", "per_page"]) {
      const second = await call(own, "GET", `/computers?page=2&${name}=2`);
      expect(ids(second.body)).toEqual(made.slice(2));
      expect(second.body).toMatchObject({ meta: { total: 3, page: 2, per_page: 2 }, page: { page: 2, page_size: 2, total: 3 } });
    }
    expect((await call(own, "GET", "/computers?page=1")).body).toMatchObject({ meta: { per_page: 20 } });
    expect((await call(own, "GET", "/computers?page=9")).body["data"]).toEqual([]);
  });

  test.each(["page=0", "page=-1", "page=1.5", "page=x", "page=", "page_size=101", "per_page=0"])("refuses %s with 422", async (query) => {
    expect((await call(server, "GET", `/computers?${query}`)).status).toBe(422);
  });
});

describe("changing", () => {
  test("PATCH changes name, visibility and metadata and nothing else", async () => {
    const id = await createSandbox(server, { name: "old", external_user_id: "u" });
    const changes = { name: "new", visibility: "tenant", metadata: { a: "b" } };
    const { status, body } = await call(server, "PATCH", `/computers/${id}`, { body: { ...changes, external_user_id: "other", id: "x", tenant_id: "y" } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...changes, id, external_user_id: "u", tenant_id: "ten_one" });
    expect((await call(server, "PATCH", `/computers/${id}`, { body: { name: 1 } })).status).toBe(422);
  });

  test("start is an idempotent 200 on a sandbox that is creating or running", async () => {
    const id = await createSandbox(server);
    expect((await call(server, "POST", `/computers/${id}/start`)).status).toBe(200);
    await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
    const { status, body } = await call(server, "POST", `/computers/${id}/start`);
    expect([status, body["status"], body["id"]]).toEqual([200, "running", id]);
  });

  test("without autoStart a new sandbox is stopped until it is started", async () => {
    await using own = await createLocalServer({ autoStart: false });
    const id = await createSandbox(own);
    expect((await call(own, "GET", `/sandboxes/${id}/readiness`)).body).toMatchObject({ data: { ready: false, status: "stopped" } });
    expect((await call(own, "POST", `/computers/${id}/start`)).body["status"]).toBe("starting");
    expect((await call(own, "GET", `/sandboxes/${id}/readiness/stream`)).text).toContain("event: ready\n");
  });
});

describe("deleting", () => {
  test("destroys a running sandbox outright, after which it is unknown", async () => {
    const id = await createReady(server);
    const answer = await call(server, "DELETE", `/computers/${id}`);
    expect([answer.status, answer.body]).toEqual([200, { ok: true }]);
    for (const path of [`/computers/${id}`, `/sandboxes/${id}/readiness`]) expect((await call(server, "GET", path)).status).toBe(404);
  });

  test("refuses a running computer that is no sandbox with 409 unless it is forced", async () => {
    const id = await createReady(server, { template_type: "miosa-desktop" });
    const refused = await call(server, "DELETE", `/computers/${id}`);
    expect([refused.status, refused.body["code"]]).toEqual([409, "COMPUTER_RUNNING"]);
    expect((await call(server, "DELETE", `/computers/${id}?force=maybe`)).status).toBe(422);
    expect((await call(server, "DELETE", `/computers/${id}?force=true`)).body).toEqual({ ok: true });
  });

  test("two deletes at once both find it gone", async () => {
    const id = await createReady(server);
    const answers = await Promise.all([1, 2].map(() => call(server, "DELETE", `/computers/${id}`)));
    for (const { status } of answers) expect([200, 404]).toContain(status);
    expect((await call(server, "GET", `/computers/${id}`)).status).toBe(404);
  });

  test("destroys a sandbox that is still booting", async () => {
    await using own = await createLocalServer({ faults: { slowStart: { delayMs: 60_000 } } });
    const id = await createSandbox(own);
    expect((await call(own, "DELETE", `/computers/${id}`)).status).toBe(200);
    expect(own.sandboxes.count).toBe(0);
  });
});
