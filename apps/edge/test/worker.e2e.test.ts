import { createMiosaClient, type MiosaClientOptions } from "@miosa/core";
import { mintBrowserToken } from "@miosa/gateway";
import { createLocalServer, type LocalServer } from "@miosa/local";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startEdge, type Edge } from "./startEdge.js";

const secret = "0123456789abcdef0123456789abcdef";
const audience = "https://edge.example";

let local: LocalServer;
let edge: Edge;

beforeAll(async () => {
  local = await createLocalServer();
  edge = await startEdge({ MIOSA_API_KEY: local.apiKey, MIOSA_BASE_URL: local.baseUrl, BROWSER_TOKEN_SECRET: secret, BROWSER_TOKEN_AUDIENCE: audience });
});
afterAll(async () => {
  await edge.close();
  await local.close();
});
beforeEach(() => local.clearRequests());

function tokenFor(workspace: string): Promise<string> {
  const key = { kid: "1", alg: "HS256", key: new TextEncoder().encode(secret) } as const;
  return mintBrowserToken({ key, audience, externalWorkspaceId: workspace, can: ["read", "create", "exec", "files", "delete"] });
}

/** The class of `ws` does all that core asks of one, but is not typed as the browser's. */
const socketOption: Pick<MiosaClientOptions, "webSocket"> = {};
Object.assign(socketOption, { webSocket: WebSocket });

function clientFor(workspace: string) {
  return createMiosaClient({ baseUrl: `${edge.url}/api/miosa`, token: () => tokenFor(workspace), ...socketOption });
}

/** A browser's event stream, open. */
interface OpenFeed {
  /** Reads until `part` has come, and gives everything read so far. */
  readUntil(part: string): Promise<string>;
  leave(): Promise<void>;
}

async function openFeed(workspace: string, lastEventId?: string): Promise<OpenFeed> {
  const response = await fetch(`${edge.url}/api/miosa/events/stream`, {
    headers: { authorization: `Bearer ${await tokenFor(workspace)}`, ...(lastEventId && { "last-event-id": lastEventId }) },
    signal: AbortSignal.timeout(60_000),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.getReader();
  if (!reader) throw new Error("The feed has no body.");
  const decoder = new TextDecoder();
  let text = "";
  return {
    async readUntil(part) {
      while (!text.includes(part)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The feed ended after: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
      return text;
    },
    leave: () => reader.cancel(),
  };
}

/** Waits until the Worker has let go of the API's event stream, after its last browser has gone. */
function upstreamToClose(): Promise<void> {
  // workerd notices that a browser has gone when a write to it fails: at the second heartbeat of 15 s where the first only filled
  // a buffer. The object then lingers for 10 s.
  return vi.waitFor(() => expect(local.connections().streams.events).toBe(0), { timeout: 60_000, interval: 100 });
}

test("the dashboard's files come from the Worker, with its policy, at every address of the page", async () => {
  for (const path of ["/", "/sandboxes/abc"]) {
    const response = await fetch(edge.url + path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<title>dashboard</title>");
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
  }
});

test("a request without a session is refused, in the API's envelope", async () => {
  const response = await fetch(`${edge.url}/api/miosa/computers`);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { code: "UNAUTHORIZED" } });
});

test("a session's cookie opens the same door as its token", async () => {
  const response = await fetch(`${edge.url}/api/miosa/computers`, { headers: { cookie: `theme=dark; miosa_session=${await tokenFor("acme")}` } });
  expect(response.status).toBe(200);
});

test("in workerd, a customer's page creates a sandbox, waits for it, runs a command and destroys it; another customer sees nothing of it", async () => {
  const acme = clientFor("acme");
  const sandbox = await acme.sandboxes.create({ name: "at-the-edge" });
  expect(await acme.sandboxes.waitUntilReady(sandbox.id)).toBe(true);
  expect(await acme.exec.run(sandbox.id, { command: "echo hi" })).toMatchObject({ output: "hi\n", exitCode: 0 });
  expect(await clientFor("globex").sandboxes.list()).toEqual([]);
  await expect(clientFor("globex").sandboxes.get(sandbox.id)).rejects.toMatchObject({ status: 404 });
  await acme.computers.destroy(sandbox.id);
});

test("an interactive command passes through workerd", async () => {
  const acme = clientFor("acme");
  const sandbox = await acme.sandboxes.create({});
  expect(await acme.sandboxes.waitUntilReady(sandbox.id)).toBe(true);
  const spawned = await acme.exec.spawn(sandbox.id, { command: "cat; exit 3" });
  await spawned.write("typed\n");
  spawned.endInput();
  let output = "";
  for await (const { bytes } of spawned.output) output += new TextDecoder().decode(bytes);
  expect(output).toBe("typed\n");
  expect(await spawned.exitCode).toBe(3);
  await acme.computers.destroy(sandbox.id);
});

test("all users' feeds cost one upstream stream, and closing them closes it", async () => {
  await upstreamToClose();
  local.clearRequests();
  const [acme, globex] = [clientFor("acme"), clientFor("globex")];
  const [acmeFeeds, globexFeeds] = await Promise.all(["acme", "globex"].map((name) => Promise.all(Array.from({ length: 10 }, () => openFeed(name)))));
  if (!acmeFeeds || !globexFeeds) throw new Error("No feeds.");
  const [a, g] = await Promise.all([acme.sandboxes.create({ name: "a" }), globex.sandboxes.create({ name: "g" })]);
  for (const text of await Promise.all(acmeFeeds.map((feed) => feed.readUntil("sandbox.ready")))) {
    expect([text.includes(a.id), text.includes(g.id)]).toEqual([true, false]);
  }
  for (const text of await Promise.all(globexFeeds.map((feed) => feed.readUntil("sandbox.ready")))) {
    expect([text.includes(a.id), text.includes(g.id)]).toEqual([false, true]);
  }
  expect(local.countRequests("GET /events/stream")).toBe(1);
  expect(local.connections().streams.events).toBe(1);
  await Promise.all([...acmeFeeds, ...globexFeeds].map((feed) => feed.leave()));
  await Promise.all([acme.sandboxes.create({ name: "a2" }), globex.sandboxes.create({ name: "g2" })]);
  await upstreamToClose();
});

test("after everything was restarted the feed goes on where it was, or says that something may be missing", async () => {
  const feed = await openFeed("acme");
  await clientFor("acme").sandboxes.create({ name: "before" });
  const before = await feed.readUntil("sandbox.ready");
  await feed.leave();
  const lastEventId = [...before.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
  await edge.restart();
  await clientFor("acme").sandboxes.create({ name: "while it was away" });
  const after = await openFeed("acme", lastEventId);
  expect(await after.readUntil("sandbox.ready")).toMatch(/sandbox\.created|feed\.recheck/);
  await after.leave();
});

test("a WebSocket to somebody else's sandbox is refused", async () => {
  const token = await tokenFor("acme");
  const socket = new WebSocket(`${edge.url.replace("http", "ws")}/api/miosa/computers/nobodys/exec/stream?command=sh`, ["miosa-exec-v1", `bearer.${token}`]);
  const message = await new Promise<string>((resolve) => socket.once("error", (error) => resolve(error.message)));
  expect(message).toContain("404");
});
