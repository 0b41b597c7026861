import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let server: LocalServer;
beforeAll(async () => {
  server = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"] });
});
afterAll(() => server.close());

async function destroyed(query = "", key = server.apiKey): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { data } = (await call(server, "GET", `/sandboxes?state=destroyed${query}`, { key })).body;
  return Array.isArray(data) ? data.filter(isObject) : [];
}

describe("a destroyed sandbox", () => {
  test("is listed when it is asked for, with its end, and not otherwise", async () => {
    const id = await createReady(server, { name: "gone", external_workspace_id: "w" });
    await call(server, "PUT", `/sandboxes/${id}/env`, { body: { vars: [{ key: "SECRET", value: "hush" }] } });
    await call(server, "POST", `/sandboxes/${id}/previews`, { body: { port: 3_000 } });
    await call(server, "DELETE", `/sandboxes/${id}`);
    const [row] = await destroyed();
    expect(row).toMatchObject({ id, name: "gone", state: "destroyed", ready: false, external_workspace_id: "w", preview_url: null, timeout_remaining_ms: null });
    expect(Date.parse(String(row?.["destroyed_at"]))).toBeGreaterThanOrEqual(Date.parse(String(row?.["created_at"])));
    expect((await call(server, "GET", "/sandboxes")).text).not.toContain(id);
    expect((await call(server, "GET", `/sandboxes/${id}`)).status).toBe(404);
    expect((await call(server, "POST", `/sandboxes/${id}/exec`, { body: { command: "true" } })).status).toBe(404);
  });

  test("is there whichever way it was destroyed, newest first, in pages, and by its labels", async () => {
    const user = randomUUID();
    const ids = [await createReady(server, { external_user_id: user }), await createReady(server, { external_user_id: user }), await createReady(server)];
    await call(server, "DELETE", `/computers/${ids[0]}`);
    await call(server, "POST", `/sandboxes/${ids[1]}/stop`);
    await call(server, "DELETE", `/sandboxes/${ids[2]}`);
    expect((await destroyed()).slice(0, 3).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await destroyed("&page=2&page_size=1")).map(({ id }) => id)).toEqual([ids[1]]);
    expect((await destroyed(`&external_user_id=${user}`)).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(await destroyed("", "msk_u_two")).toEqual([]);
  });

  test("that is a computer is not among the sandboxes", async () => {
    const id = await createSandbox(server, { template_type: "miosa-desktop" });
    await call(server, "DELETE", `/computers/${id}?force=true`);
    expect((await destroyed()).map((row) => row["id"])).not.toContain(id);
  });

  test("is deleted again as it was the first time, by its own tenant", async () => {
    const id = await createReady(server);
    const again = async (key?: string): Promise<number> => (await call(server, "DELETE", `/sandboxes/${id}`, { ...(key !== undefined && { key }) })).status;
    expect([await again(), await again(), await again("msk_u_two")]).toEqual([204, 204, 404]);
  });
});
