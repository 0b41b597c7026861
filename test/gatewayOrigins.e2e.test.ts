import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import { createGateway, createTokenAuthorizer, mintBrowserToken, type GatewayRecord } from "@miosa/gateway";
import { toNodeListener, toNodeUpgradeListener } from "@miosa/gateway/node";
import { createLocalServer, type LocalServer } from "@miosa/local";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { chromiumArgs, findChromium } from "../scripts/findChromium.mjs";

const key = { kid: "1", alg: "HS256", key: new Uint8Array(32).fill(7) } as const;
const audience = "the gateway";
const can = ["read", "create", "exec", "files", "delete"] as const;

let local: LocalServer;
let browser: Browser;

beforeAll(async () => {
  local = await createLocalServer();
  const executablePath = findChromium();
  browser = await chromium.launch({ args: chromiumArgs, ...(executablePath && { executablePath }) });
});
afterAll(async () => {
  await browser.close();
  await local.close();
});
beforeEach(() => local.clearRequests());

async function listen(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}` };
}

/** A gateway whose users sign in by cookie or token, a signed-in user's browser, and a page of another origin open in it. */
async function start(origins: (pageUrl: string) => readonly string[] = () => []) {
  const records: GatewayRecord[] = [];
  const foreign = await listen((_, outgoing) => outgoing.writeHead(200, { "content-type": "text/html" }).end("<title>another origin</title>"));
  const authorizeToken = createTokenAuthorizer({ keys: [key], audience });
  const gateway = createGateway({
    apiKey: local.apiKey,
    upstream: local.baseUrl,
    origins: origins(foreign.url),
    authorize: async (request) =>
      request.headers.get("cookie")?.includes("session=ann") ? { externalWorkspaceId: "acme", can } : authorizeToken(request),
    onRequest: (record) => records.push({ ...record }),
  });
  const { server, url } = await listen(toNodeListener(gateway));
  server.on("upgrade", toNodeUpgradeListener(gateway));
  onTestFinished(() => gateway.close());
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  await context.addCookies([{ name: "session", value: "ann", url }]);
  const page = await context.newPage();
  await page.goto(foreign.url);
  return { page, records, api: `${url}/api/miosa`, origin: url };
}

/** Waits until the gateway has answered as often as the page has asked. */
async function answered(records: readonly GatewayRecord[], count: number): Promise<readonly number[]> {
  await expect.poll(() => records.length).toBeGreaterThanOrEqual(count);
  return records.map(({ status }) => status);
}

function attack(page: Page, api: string, how: string): Promise<unknown> {
  return page.evaluate(
    async ([url = "", way = ""]) => {
      const settled = (request: Promise<Response>) => request.then((response) => response.type).catch(() => "refused");
      if (way === "read") return settled(fetch(`${url}/computers`, { credentials: "include" }));
      if (way === "blind post") return settled(fetch(`${url}/computers`, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }));
      if (way === "preflighted delete") return settled(fetch(`${url}/computers/x`, { method: "DELETE", credentials: "include" }));
      if (way === "image") return new Promise((resolve) => Object.assign(new Image(), { onerror: () => resolve("refused"), onload: () => resolve("loaded"), src: `${url}/computers` }));
      if (way === "event source") return new Promise((resolve) => Object.assign(new EventSource(`${url}/events/stream`, { withCredentials: true }), { onerror: () => resolve("refused"), onopen: () => resolve("opened") }));
      if (way === "web socket") return new Promise((resolve) => Object.assign(new WebSocket(`${url.replace("http", "ws")}/computers/x/exec/stream?command=id`), { onerror: () => resolve("refused"), onopen: () => resolve("opened") }));
      const form = Object.assign(document.createElement("form"), { method: "post", action: `${url}/computers`, enctype: "text/plain", target: "frame" });
      document.body.append(Object.assign(document.createElement("iframe"), { name: "frame" }), form);
      form.submit();
      return "sent";
    },
    [api, how],
  );
}

test.each(["read", "blind post", "preflighted delete", "image", "event source", "web socket", "form"])(
  "a signed-in user's browser on another origin's page is refused a %s",
  async (how) => {
    const { page, records, api } = await start();
    expect(["refused", "opaque", "sent"]).toContain(await attack(page, api, how));
    expect(await answered(records, 1)).toEqual([403]);
    expect(local.requests).toEqual([]);
  },
);

test("a page of a listed origin reads with a token, and its cookies are not let in", async () => {
  const { page, api } = await start((pageUrl) => [pageUrl]);
  const token = await mintBrowserToken({ key, audience, externalWorkspaceId: "acme", can });
  const read = (init: { headers?: Record<string, string>; credentials?: "include" }) =>
    page.evaluate(async ([url, options]) => fetch(`${url}/computers`, options).then((response) => response.status).catch(() => "refused"), [api, init] as const);
  expect(await read({ headers: { authorization: `Bearer ${token}` } })).toBe(200);
  expect(await read({ credentials: "include" })).toBe("refused");
});

test("the gateway's own page reads with its cookie", async () => {
  const { page, api, origin } = await start();
  await page.goto(`${origin}/api/miosa/nothing`);
  expect(await page.evaluate(async (url) => (await fetch(`${url}/computers`)).status, api)).toBe(200);
});
