import { createLocalServer, type LocalServer } from "@miosa/local";
import { expectNoConnections, type RawServer, startRawServer } from "@miosa/local/testing";
import { type Browser, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { chromiumArgs, findChromium } from "../scripts/findChromium.mjs";

// A page of another loopback port stands for any page that a developer has open while the server runs. The attacks are
// made with the right key, so that what is shown to stop them is not the key.
let browser: Browser;
let pages: RawServer;
let server: LocalServer;
let page: Page;
let sandboxId: string;

beforeAll(async () => {
  const executablePath = findChromium();
  browser = await chromium.launch({ args: chromiumArgs, ...(executablePath && { executablePath }) });
  pages = await startRawServer((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Another page</title>"));
});
afterAll(async () => {
  await browser.close();
  await pages.close();
});

beforeEach(async () => {
  server = await createLocalServer();
  const headers = { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" };
  const created = await fetch(`${server.baseUrl}/computers`, { method: "POST", headers, body: '{"template_type":"miosa-sandbox"}' });
  expect(created.status).toBe(201);
  sandboxId = server.sandboxes.list()[0]?.id ?? "";
  const stream = await fetch(`${server.baseUrl}/sandboxes/${sandboxId}/readiness/stream`, { headers });
  expect(await stream.text()).toContain("event: ready\n");
  server.clearRequests();
  page = await browser.newPage();
  await page.goto(pages.url);
});
afterEach(async () => {
  await page.close();
  // Whatever the page tried: the same one sandbox, running, with nothing in its workspace.
  expect(server.sandboxes.list()).toMatchObject([{ id: sandboxId, status: "running" }]);
  const headers = { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" };
  const listed = await fetch(`${server.baseUrl}/computers/${sandboxId}/exec`, { method: "POST", headers, body: '{"command":"ls -A"}' });
  expect(await listed.json()).toMatchObject({ output: "", exit_code: 0 });
  await expectNoConnections(server);
  await server.close();
});

const statuses = (): unknown[] => server.requests.map(({ method, status }) => `${method} ${status}`);

test("a page's fetch with JSON and the key fails at its preflight: it neither creates, runs, deletes nor reads", async () => {
  const outcomes = await page.evaluate(
    async ({ baseUrl, key, id }) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const attempt = (path: string, method: string, body?: string): Promise<string> =>
        fetch(baseUrl + path, { method, headers, ...(body !== undefined && { body }) }).then(() => "answered", () => "refused");
      return [
        await attempt("/computers", "POST", "{}"),
        await attempt(`/computers/${id}/exec`, "POST", '{"command":"touch taken"}'),
        await attempt(`/computers/${id}`, "DELETE"),
        await attempt("/computers", "GET"),
        await attempt("/events/stream", "GET"),
      ];
    },
    { baseUrl: server.baseUrl, key: server.apiKey, id: sandboxId },
  );
  expect(outcomes).toEqual(Array(5).fill("refused"));
  expect(statuses()).toEqual(Array(5).fill("OPTIONS 403"));
});

test("a page's simple requests, which need no preflight, are refused", async () => {
  await page.evaluate(
    async ({ baseUrl, id }) => {
      const exec = `${baseUrl}/computers/${id}/exec`;
      const body = '{"command":"touch taken"}';
      await fetch(exec, { method: "POST", mode: "no-cors", body });
      await fetch(exec, { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body });
      await fetch(exec, { method: "POST", mode: "no-cors", body: new Blob([body]) });
      await fetch(`${baseUrl}/computers`, { mode: "no-cors" });
      navigator.sendBeacon(exec, body);
    },
    { baseUrl: server.baseUrl, id: sandboxId },
  );
  await expect.poll(statuses).toEqual(["POST 403", "POST 403", "POST 403", "GET 403", "POST 403"]);
});

test("a page's form post is refused", async () => {
  await Promise.all([
    page.waitForEvent("framenavigated"),
    page.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action, enctype: "text/plain" });
      const field = Object.assign(document.createElement("input"), { name: '{"command":"touch taken","x":"', value: '"}' });
      form.append(field);
      document.body.append(form);
      form.submit();
    }, `${server.baseUrl}/computers/${sandboxId}/exec`),
  ]);
  expect(statuses()).toContain("POST 403");
});

test("a page's EventSource, image and script get nothing", async () => {
  const event = await page.evaluate(async (baseUrl) => {
    const load = (tag: "img" | "script", src: string): Promise<string> =>
      new Promise((resolve) => {
        const element = Object.assign(document.createElement(tag), { src, onload: () => resolve("loaded"), onerror: () => resolve("failed") });
        document.body.append(element);
      });
    const source = new EventSource(`${baseUrl}/events/stream`);
    const opened = await new Promise((resolve) => {
      source.addEventListener("open", () => resolve("opened"));
      source.addEventListener("error", () => resolve("failed"));
    });
    source.close();
    return [opened, await load("img", `${baseUrl}/computers`), await load("script", `${baseUrl}/computers`)];
  }, server.baseUrl);
  expect(event).toEqual(["failed", "failed", "failed"]);
  expect(new Set(statuses())).toEqual(new Set(["GET 403"]));
});

test("a name that is rebound to this machine is refused even with the key and as the page's own origin", async () => {
  const rebound = await chromium.launch({
    args: [...chromiumArgs, "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
    ...(findChromium() && { executablePath: findChromium() ?? "" }),
  });
  try {
    const victim = await rebound.newPage();
    const response = await victim.goto(`http://rebound.example:${server.port}/api/v1/computers`);
    expect(response?.status()).toBe(403);
    const outcome = await victim.evaluate(
      async ({ key, id }) => {
        const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
        const answer = await fetch(`/api/v1/computers/${id}/exec`, { method: "POST", headers, body: '{"command":"touch taken"}' });
        return answer.status;
      },
      { key: server.apiKey, id: sandboxId },
    );
    expect(outcome).toBe(403);
  } finally {
    await rebound.close();
  }
});
