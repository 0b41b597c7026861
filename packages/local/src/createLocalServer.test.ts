import { access, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { mkdtempDisposable } from "../test/temporaryDirectory.js";
import { expect, test } from "vitest";
import { call, createReady, createSandbox, exec } from "../test/callServer.js";
import { followStream } from "../test/followStream.js";
import { untilEnded } from "../test/isRunning.js";
import { createProcessDriver } from "./drivers/createProcessDriver.js";
import type { BoxSpec, BoxUsage, SandboxBox } from "./drivers/driver.js";
import { createLocalServer } from "./index.js";
import { expectNoConnections, startRawServer } from "./testing.js";

test("a server tells where it listens and takes its own key", async () => {
  await using server = await createLocalServer();
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(server.baseUrl).toBe(`${server.url}/api/v1`);
  expect((await call(server, "GET", "/computers")).status).toBe(200);
});

test("each start makes a fresh key", async () => {
  await using first = await createLocalServer();
  await using second = await createLocalServer();
  expect(first.apiKey).toMatch(/^msk_u_[\w-]{32}$/);
  expect((await call(second, "GET", "/computers", { key: first.apiKey })).status).toBe(401);
});

test.each(["0.0.0.0", "::", "192.168.0.1", "example.com", ""])("a host that is not loopback is refused: %j", async (host) => {
  await expect(createLocalServer({ host })).rejects.toThrow("is not a loopback address");
});

test("a taken port rejects with EADDRINUSE", async () => {
  await using first = await createLocalServer();
  await expect(createLocalServer({ port: first.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test.each([[[]], [["sk_live"]], [["msk_u_with space"]], [[{ key: "msk_u_a", tenantId: "" }]]])(
  "keys that cannot work are refused without showing them: %j",
  async (apiKeys) => {
    await expect(createLocalServer({ apiKeys })).rejects.toThrow(/^apiKeys: (?!.*(sk_live|with space))/);
  },
);

test("an origin that is not exact is refused at the start", async () => {
  await expect(createLocalServer({ allowOrigins: ["*"] })).rejects.toThrow("is not an origin");
  await expect(createLocalServer({ allowOrigins: ["http://localhost:5173/"] })).rejects.toThrow("is not an origin");
});

test("a driver that cannot run here is an error that says why", async () => {
  const driver = {
    name: "absent",
    isolation: "full",
    probe: async () => ({ ok: false as const, reason: "install it." }),
    create: () => Promise.reject(new Error("not reached")),
    list: () => [],
    close: async () => {},
  };
  await expect(createLocalServer({ driver })).rejects.toThrow("The driver absent cannot run here: install it.");
});

test("a sandbox's directory is below the data directory, private, and gone after closing", async () => {
  await using data = await mkdtempDisposable();
  const server = await createLocalServer({ dataDir: data.path });
  const id = await createReady(server);
  const { body } = await exec(server, id, "pwd");
  const workspace = String(body["output"]).trim();
  expect(workspace.startsWith(`${data.path}/`)).toBe(true);
  for (const directory of [workspace, dirname(workspace), dirname(dirname(workspace))]) {
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  }
  await server.close();
  expect(await readdir(data.path)).toEqual([]);
});

test("closing ends running commands, their daemons, open streams and connections", async () => {
  const server = await createLocalServer();
  const id = await createReady(server);
  const { body } = await exec(server, id, "setsid sleep 300 & echo $!; sleep 300 & echo $!");
  const pids = String(body["output"]).trim().split("\n").map(Number);
  expect(pids).toHaveLength(2);
  await using events = await followStream(server, "/events/stream");
  const waiting = exec(server, id, "sleep 300");
  await expect.poll(() => server.countRequests("/computers/:id/exec")).toBe(2);

  await server.close();
  expect((await waiting).status).toBe(409);
  await events.ended();
  for (const pid of pids) await untilEnded(pid);
  await expectNoConnections(server, { sockets: true });
});

test("closing twice is harmless, and closing while a sandbox boots leaves nothing", async () => {
  await using data = await mkdtempDisposable();
  const server = await createLocalServer({ dataDir: data.path, faults: { neverReady: true } });
  await createSandbox(server);
  await Promise.all([server.close(), server.close()]);
  await server.close();
  expect(await readdir(data.path)).toEqual([]);
  await expect(access(data.path)).resolves.toBeUndefined();
});

test("what is asked for as the server closes makes no sandbox afterwards", async () => {
  const driver = createProcessDriver();
  const asked = new AbortController();
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const create = async (spec: BoxSpec): Promise<SandboxBox> => {
    const box = await driver.create(spec);
    const usage = async (): Promise<BoxUsage> => {
      asked.abort();
      await held;
      return {};
    };
    return { ...box, usage };
  };
  const server = await createLocalServer({ driver: { ...driver, create } });
  await call(server, "PUT", "/quotas/external/u", { body: { max_storage_gb: 1, max_sandboxes: 9 } });
  await createReady(server, { external_user_id: "u" });
  asked.signal.throwIfAborted();
  const late = server.fetch(`${server.baseUrl}/sandboxes`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ external_user_id: "u" }),
  });
  await expect.poll(() => asked.signal.aborted).toBe(true);
  await server.close();
  answer();
  const refused = await late;
  expect([refused.status, await refused.json()]).toMatchObject([502, { message: "The server closes." }]);
  expect(server.sandboxes.list()).toEqual([]);
});

test("the request log names routes and statuses and holds no key and no query", async () => {
  const seen: string[] = [];
  await using server = await createLocalServer({ onRequest: (entry) => void seen.push(`${entry.method} ${entry.status}`) });
  await call(server, "GET", "/computers?ticket=sset_secret");
  await call(server, "GET", "/computers/unknown", { key: "msk_u_wrong_key" });
  expect(server.requests).toMatchObject([
    { method: "GET", path: "/api/v1/computers", route: "GET /computers", status: 200 },
    { method: "GET", path: "/api/v1/computers/unknown", route: "GET /computers/:id", status: 401, code: "invalid_token" },
  ]);
  expect(JSON.stringify(server.requests)).not.toMatch(/sset_secret|msk_/);
  expect(seen).toEqual(["GET 200", "GET 401"]);
  expect([server.countRequests("GET /computers"), server.countRequests("/computers/:id")]).toEqual([1, 1]);
  server.clearRequests();
  expect(server.requests).toEqual([]);
});

test("times in answers come from the clock option", async () => {
  await using server = await createLocalServer({ now: () => Date.UTC(2030, 0, 2) });
  const id = await createSandbox(server);
  expect((await call(server, "GET", `/computers/${id}`)).body).toMatchObject({ created_at: "2030-01-02T00:00:00.000Z" });
});

test("the app answers in memory, and an aborted body rejects with the caller's reason and ends the stream", async () => {
  await using server = await createLocalServer();
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const response = await server.fetch(`${server.baseUrl}/events/stream`, { headers, signal: abort.signal });
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(": heartbeat\n\n");
  expect(server.connections()).toEqual({ sockets: 0, streams: { readiness: 0, events: 1 } });
  const reason = new Error("enough");
  abort.abort(reason);
  await expect(reader?.read()).rejects.toBe(reason);
  await expectNoConnections(server);
  await expect(server.fetch(`${server.baseUrl}/computers`, { headers, signal: abort.signal })).rejects.toBe(reason);
});

test("a raw test server counts its connections and cuts them when it closes", async () => {
  const raw = await startRawServer((_, response) => void response.write("first"));
  const response = await fetch(`${raw.url}/path?q=1`);
  expect(raw.requests).toMatchObject([{ method: "GET", url: "/path?q=1" }]);
  expect(raw.connections().sockets).toBe(1);
  await expect(expectNoConnections(raw, { timeoutMs: 20 })).rejects.toThrow("Still open");
  await raw.close();
  await expect(response.text()).rejects.toThrow();
  await expectNoConnections(raw);
});

test("a raw test server whose answer throws says so when it closes", async () => {
  const raw = await startRawServer(() => Promise.reject(new Error("broken answer")));
  await expect(fetch(raw.url)).rejects.toThrow();
  await expect(raw.close()).rejects.toThrow("broken answer");
});
