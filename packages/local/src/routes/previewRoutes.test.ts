import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

/** Answers with what it was asked, and upgrades what asks for it. */
const echo = `
import { createServer } from "node:http";
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", () => response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body })));
});
server.on("upgrade", (request, socket) => socket.end("HTTP/1.1 101 Switching Protocols\\r\\nupgrade: echo\\r\\nconnection: upgrade\\r\\n\\r\\n" + request.url));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

let server: LocalServer;
let id: string;
let port: number;
let now = Date.now();
beforeAll(async () => {
  server = await createLocalServer({ now: () => now });
  id = await createReady(server);
  const { body } = await exec(server, id, `cat > echo.mjs <<'END'\n${echo}\nEND\nnode echo.mjs > port 2>&1 & while [ ! -s port ]; do sleep 0.05; done; cat port`);
  port = Number(body["output"]);
});
afterAll(() => server.close());
beforeEach(() => (now = Date.now()));

const dataOf = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => (isObject(body["data"]) ? body["data"] : {});

async function preview(visibility: "public" | "private"): Promise<{ url: string; path: string }> {
  const { status, body } = await call(server, "POST", `/sandboxes/${id}/previews`, { body: { port, visibility } });
  expect([status, dataOf(body)["visibility"]]).toEqual([201, visibility]);
  return { url: String(dataOf(body)["url"]), path: `/sandboxes/${id}/previews/${String(dataOf(body)["id"])}` };
}

describe("a private preview", () => {
  test("refuses who has no token, by 401, and who has a wrong one, by 403", async () => {
    const { url } = await preview("private");
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(`${url}/?preview_token=miosa_pv_guessed`)).status).toBe(403);
    expect((await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } })).status).toBe(401);
  });

  test("opens by its shared address, by a header, and by the cookie that the first answer sets", async () => {
    const { url, path } = await preview("private");
    const { body } = await call(server, "POST", `${path}/share`, { body: { ttl_seconds: 60 } });
    const token = String(body["preview_token"]);
    expect(token).toMatch(/^miosa_pv_/);
    expect(dataOf(body)).toEqual({ id: path.split("/").at(-1), share_token_prefix: token.slice(0, 13), share_token_expires_at: new Date(now + 60_000).toISOString() });
    const first = await fetch(String(body["share_url"]));
    expect(first.status).toBe(200);
    const cookie = first.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/);
    expect((await fetch(url, { headers: { "x-miosa-preview-token": token } })).status).toBe(200);
    expect((await fetch(`${url}/script.js`, { headers: { cookie: cookie.split(";")[0] ?? "" } })).status).toBe(200);
  });

  test("passes on all but the token, which what runs in the sandbox never sees", async () => {
    const { url, path } = await preview("private");
    const { preview_token: token } = (await call(server, "POST", `${path}/share`)).body;
    const answer = await fetch(`${url}/a?b=1&preview_token=${String(token)}`, { method: "POST", body: "sent", headers: { cookie: "own=1" } });
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ method: "POST", url: "/a?b=1", body: "sent", headers: { cookie: "own=1" } });
    expect(text).not.toContain(String(token));
  });

  test("is closed to all who had a link once that is taken back, and when its time is over", async () => {
    const { path } = await preview("private");
    const [first, second] = [await call(server, "POST", `${path}/share`), await call(server, "POST", `${path}/share`, { body: { expires_in_sec: 60 } })];
    const addresses = [first, second].map(({ body }) => String(body["share_url"]));
    now += 61_000;
    expect(await Promise.all(addresses.map(async (address) => (await fetch(address)).status))).toEqual([200, 403]);
    await call(server, "DELETE", `${path}/share`);
    expect((await fetch(addresses[0] ?? "")).status).toBe(403);
  });

  test("lets a WebSocket through with a token that may interact, and no other", async () => {
    const { path, url } = await preview("private");
    const { preview_token: token } = (await call(server, "POST", `${path}/share`)).body;
    const said = (address: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(address.replace("http", "ws"));
        socket.once("error", ({ message }) => resolve(message));
      });
    // The far side answers with the right status and no key, which is where a real client gives up.
    expect(await said(`${url}/live?preview_token=${String(token)}`)).toContain("Upgrade header");
    expect(await said(`${url}/live`)).toContain("401");
    const { body } = await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { port } });
    expect(await said(`${url}/live?mt=${String(body["token"])}`)).toContain("403");
  });

  test("says 502 when nothing listens inside", async () => {
    const { body } = await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { port: 1 } });
    expect((await fetch(String(body["url"]))).status).toBe(502);
  });

  test("becomes public, and private again, without another address", async () => {
    const other = await createReady(server);
    const made = await call(server, "POST", `/computers/${other}/ports`, { body: { port: 1, visibility: "private" } });
    const url = String(made.body["url"]);
    expect((await fetch(url)).status).toBe(401);
    await call(server, "PATCH", `/computers/${other}/ports/1`, { body: { visibility: "public" } });
    expect((await fetch(url)).status).toBe(502);
    expect((await call(server, "GET", `/computers/${other}/ports`)).body["data"]).toMatchObject([{ port: 1, visibility: "public" }]);
    expect((await call(server, "DELETE", `/computers/${other}/ports/1`)).status).toBe(200);
    await expect(fetch(url)).rejects.toThrow(TypeError);
  });
});

describe("a token for all of a sandbox's previews", () => {
  test("lets its holder look, and only with the scope interact do more", async () => {
    const read = await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { port, expires_in: 60 } });
    expect([read.status, read.body["scope"], String(read.body["token"]).slice(0, 3)]).toEqual([201, "read", "mp_"]);
    const { url } = await preview("private");
    const at = (token: unknown): string => `${url}/?mt=${String(token)}`;
    expect((await fetch(at(read.body["token"]))).status).toBe(200);
    expect((await fetch(at(read.body["token"]), { method: "POST" })).status).toBe(403);
    const interact = await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { port, scope: "interact" } });
    expect((await fetch(at(interact.body["token"]), { method: "POST" })).status).toBe(200);
  });

  test("of an unknown scope or a life too long is a 422", async () => {
    const unknown = await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { scope: "own" } });
    expect([unknown.status, unknown.body["code"]]).toEqual([422, "invalid_scope"]);
    expect((await call(server, "POST", `/sandboxes/${id}/preview-token`, { body: { expires_in: 86_401 } })).status).toBe(422);
  });
});

test("a share is listed while it lives, is told to the tenant, and lets nobody in once it is deleted", async () => {
  const shared = await createReady(server);
  await using stream = await followStream(server, "/events/stream?types=sandbox.share.*");
  const { status, body } = await call(server, "POST", `/sandboxes/${shared}/shares`, { body: { port, expires_in: 60 } });
  expect([status, body["scope"]]).toEqual([201, "read"]);
  const shareId = String(body["share_id"]);
  expect((await call(server, "GET", `/sandboxes/${shared}/shares`)).body["data"]).toMatchObject([{ share_id: shareId }]);
  expect((await call(server, "GET", `/sandboxes/${shared}/shares`)).text).not.toContain("ms_");
  expect((await fetch(String(body["share_url"]))).status).not.toBe(401);
  expect((await call(server, "DELETE", `/sandboxes/${shared}/shares/${shareId}`)).status).toBe(204);
  expect((await fetch(String(body["share_url"]))).status).toBe(403);
  await stream.until("event: sandbox.share.revoked\n");
  expect(stream.text()).toContain("event: sandbox.share.created\n");
});

test("exposing a port twice gives one address, which the sandbox then shows as its own", async () => {
  const exposed = await createSandbox(server);
  const [first, second] = [await call(server, "POST", `/sandboxes/${exposed}/expose`, { body: { port: 80 } }), await call(server, "POST", `/sandboxes/${exposed}/expose`, { body: {} })];
  expect(dataOf(second.body)).toEqual(dataOf(first.body));
  expect((await call(server, "GET", `/sandboxes/${exposed}`)).body["preview_url"]).toBe(dataOf(first.body)["url"]);
});
