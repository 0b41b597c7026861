import { createLocalServer } from "@miosa/local";
import { expectNoConnections } from "@miosa/local/testing";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { startStack, type StackOptions } from "../scripts/devStack.mjs";
import { createSandbox, type LocalStack, type OpenPage, readinessOf, runCommand, seenReady, setUpDashboard, shown, signIn } from "./dashboard.js";

const { openStack, openPage, closeAfter } = setUpDashboard();

/** A stack and a page that nothing but the test uses; both end with it. */
async function open(options: StackOptions = {}): Promise<LocalStack & OpenPage> {
  const stack = await openStack(options);
  const { page, complaints } = await openPage();
  return { ...stack, page, complaints };
}

const trouble = (page: Page) => page.getByRole("alert");

test("a person creates a sandbox, sees it become ready, runs a command in it and deletes it", async () => {
  const { page, url, local, complaints } = await open();
  await page.goto(url);
  await page.getByRole("heading", { name: "Create your first sandbox" }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("quick-exec");
  await page.getByRole("button", { name: "Create sandbox" }).click();
  await seenReady(page);
  expect(await page.title()).toBe("quick-exec · Smile Studio");

  const good = await runCommand(page, "echo hi");
  expect(await good.getByRole("group", { name: "Output" }).innerText()).toBe("hi");
  await good.getByText("Exit code 0").waitFor();
  const bad = await runCommand(page, "echo oops >&2; exit 3");
  expect(await bad.getByRole("group", { name: "Standard error" }).locator("pre").innerText()).toBe("oops");
  await bad.getByText("Exit code 3").waitFor();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete sandbox" }).click();
  await page.getByText("No sandboxes yet").waitFor();
  await expect.poll(() => local.sandboxes.list().map(({ name, status }) => `${name}: ${status}`)).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the API key never reaches the page", async () => {
  const { page, url, local } = await open();
  const received: string[] = [];
  const sent: string[] = [];
  page.on("response", (response) => {
    received.push(JSON.stringify(response.headers()));
    if (!(response.headers()["content-type"] ?? "").includes("event-stream")) void response.text().then((text) => received.push(text), () => undefined);
  });
  page.on("request", (request) => sent.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? ""));
  await createSandbox(page, url, "secretive");
  await seenReady(page);
  await runCommand(page, "env");
  const stored = await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.documentElement.outerHTML]));
  const seen = [...received, ...sent, stored].join("\n");
  expect(seen.includes("secretive")).toBe(true);
  expect(seen.includes(local.apiKey)).toBe(false);
});

test("a stopped API is named, what is known stays, and the page recovers by itself", async () => {
  const { page, url, local } = await open();
  await createSandbox(page, url, "left-behind");
  await seenReady(page);
  await local.close();
  expect(await shown(trouble(page).getByText("The sandbox API does not answer"))).toBe(true);
  expect(await page.getByRole("heading", { name: "left-behind" }).isVisible()).toBe(true);
  const revived = await createLocalServer({ port: local.port, apiKeys: [local.apiKey] });
  closeAfter(() => revived.close());
  await trouble(page).getByText("The sandbox API does not answer").waitFor({ state: "detached" });
  expect(await shown(page.getByText("No sandbox has this id"))).toBe(true);
});

test("a refused key is named as the server's matter, with the variable to set", async () => {
  const local = await createLocalServer();
  closeAfter(() => local.close());
  const { page, url } = await openRemote({ apiKey: "msk_wrong_key", baseUrl: local.baseUrl });
  await page.goto(url);
  expect(await shown(trouble(page).getByText("The API key was refused"))).toBe(true);
  expect(await shown(trouble(page).getByText("MIOSA_API_KEY"))).toBe(true);
  expect(await page.content()).not.toContain("msk_wrong_key");
});

test("a link to an unknown sandbox says so and leads back to the list", async () => {
  const { page, url } = await open();
  await page.goto(`${url}/sandboxes/never-was`);
  expect(await shown(trouble(page).getByText("No sandbox has this id"))).toBe(true);
  await page.getByRole("link", { name: "All sandboxes" }).last().click();
  expect(await shown(page.getByRole("heading", { name: "Create your first sandbox" }))).toBe(true);
});

test("a link to a known sandbox works on its own", async () => {
  const { page, url } = await open();
  const id = await createSandbox(page, url, "linked");
  await page.goto("about:blank");
  await page.goto(`${url}/sandboxes/${id}`);
  expect(await shown(page.getByRole("heading", { name: "linked" }))).toBe(true);
  await seenReady(page);
});

test("without any stream the page polls, says so, and sees the sandbox ready", async () => {
  const noStream = { routes: ["GET /events/stream", "GET /sandboxes/:id/readiness/stream"] };
  const { page, url, local } = await open({ local: { faults: { noStream, slowStart: { delayMs: 1500 } } } });
  await createSandbox(page, url, "old-server");
  expect(await shown(readinessOf(page).getByText("Polling", { exact: true }))).toBe(true);
  expect(await shown(readinessOf(page).getByText("There is no live stream"))).toBe(true);
  await seenReady(page);
  expect(local.countRequests("GET /sandboxes/:id/readiness")).toBeGreaterThan(1);
});

test("a readiness stream that is cut after its headers does not keep the sandbox from becoming ready", async () => {
  const noStream = { routes: ["GET /events/stream"] }; // the live feed would make up for it
  const { page, url } = await open({ local: { faults: { noStream, dropStream: true, slowStart: { delayMs: 800 } } } });
  await createSandbox(page, url, "cut-off");
  expect(await shown(readinessOf(page).getByText("Polling", { exact: true }))).toBe(true);
  await seenReady(page);
});

test("a live feed that is cut after its headers does not keep the sandbox from becoming ready", async () => {
  const { page, url } = await open({ local: { faults: { dropStream: { routes: ["GET /events/stream"] }, slowStart: { delayMs: 800 } } } });
  await createSandbox(page, url, "cut-feed");
  await seenReady(page);
});

test("a sandbox that is late times out on the page, and waiting on sees it ready", async () => {
  const { page, url } = await open({ tenant: { readyTimeoutMs: 6000 }, local: { faults: { slowStart: { delayMs: 9000 } } } });
  await createSandbox(page, url, "late");
  expect(await shown(readinessOf(page).getByText("Timed out"))).toBe(true);
  await readinessOf(page).getByRole("button", { name: "Keep waiting" }).click();
  await seenReady(page);
});

test("a sandbox that cannot boot fails at once, with the server's reason", async () => {
  const { page, url } = await open({ local: { faults: { bootFails: { reason: "The image has no shell" } } } });
  await createSandbox(page, url, "broken");
  expect(await shown(readinessOf(page).getByText("The sandbox did not boot"))).toBe(true);
  expect(await shown(readinessOf(page).getByText("The image has no shell"))).toBe(true);
});

test("a sandbox that cannot boot can be started from where its failure stands", async () => {
  const { page, url } = await open({ local: { faults: { bootFails: { reason: "The image has no shell", times: 1 } } } });
  await createSandbox(page, url, "second-chance");
  await readinessOf(page).getByText("The image has no shell").waitFor();
  await readinessOf(page).getByRole("button", { name: "Try again" }).click();
  await seenReady(page);
  await (await runCommand(page, "echo up")).getByText("Exit code 0").waitFor();
});

test("a browser without a connection says so, keeps what is known, and goes on by itself", async () => {
  const { page, url } = await open();
  await createSandbox(page, url, "far-away");
  await seenReady(page);
  await page.context().setOffline(true);
  await trouble(page).getByText("You are offline").waitFor();
  const run = await runCommand(page, "echo hi");
  expect(await shown(run.getByText("Try again when it is back."))).toBe(true);
  expect(await page.getByRole("heading", { name: "far-away" }).isVisible()).toBe(true);
  await page.context().setOffline(false);
  await trouble(page).filter({ hasText: "picks up by itself" }).waitFor({ state: "detached" });
  await (await runCommand(page, "echo back")).getByText("Exit code 0").waitFor();
});

test("a rate limit shows how long to wait and ends by itself", async () => {
  const { page, url } = await open({ local: { faults: { rateLimited: { retryAfterSec: 3, times: 2, routes: ["GET /computers"] } } } });
  await page.goto(url);
  expect(await shown(trouble(page).getByText("Too many requests"))).toBe(true);
  expect(await shown(trouble(page).getByRole("button", { name: /Try again in \d s/ }))).toBe(true);
  expect(await shown(page.getByRole("heading", { name: "Create your first sandbox" }))).toBe(true);
});

test("leaving the page closes its streams on the server", async () => {
  const { page, url, local } = await open({ local: { faults: { neverReady: true } } });
  for (const name of ["one", "two", "three", "four", "five"]) await createSandbox(page, url, name);
  await expect.poll(() => local.connections().streams.readiness + local.connections().streams.events).toBeGreaterThan(0);
  await page.goto("about:blank");
  // The gateway keeps the feed that all pages share for ten seconds after the last of them.
  await expectNoConnections(local, { timeoutMs: 60_000 });
});

test("the page stays usable while many sandboxes boot", async () => {
  const { page, url, local } = await open({ local: { faults: { neverReady: true } } });
  for (let count = 1; count <= 8; count += 1) await createSandbox(page, url, `booting-${count}`);
  await expect.poll(() => local.connections().streams.readiness + local.connections().streams.events).toBeLessThanOrEqual(4);
  local.faults.clear();
  await createSandbox(page, url, "quick");
  await seenReady(page);
  await (await runCommand(page, "echo through")).getByText("Exit code 0").waitFor();
});

test("staff can narrow the list to one customer, in a way that can be linked", async () => {
  const { page, url } = await open();
  await signIn(page, url, "staff");
  await createSandbox(page, url, "theirs", { Customer: "northside" });
  await createSandbox(page, url, "ours", { Customer: "harbour", Project: "menu" });
  const rows = page.getByRole("navigation", { name: "Sandboxes" }).getByRole("listitem");
  await expect.poll(() => rows.count()).toBe(2);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("search").getByLabel("Customer id").fill("harbour");
  await page.keyboard.press("Enter");
  await expect.poll(() => rows.count()).toBe(1);
  expect(new URL(page.url()).searchParams.get("workspace")).toBe("harbour");
  await page.reload();
  await rows.getByText("ours").waitFor();
  expect(await rows.count()).toBe(1);
  await page.getByRole("button", { name: "Remove filter: Customer harbour" }).click();
  await expect.poll(() => rows.count()).toBe(2);
});

test("a tenant's name, labels and colour are shown, and the colour stays legible", async () => {
  const tenant = { name: "Harbour Labs", accent: "#ffe14d", attributionLabels: { workspace: "Clinic", project: "Case" } };
  const { page, url } = await open({ tenant });
  await page.goto(`${url}/new`);
  await page.getByRole("link", { name: "Harbour Labs" }).waitFor();
  await page.getByRole("term").filter({ hasText: "Clinic" }).waitFor();
  await page.getByRole("textbox", { name: "Case id" }).waitFor();
  expect(await page.getByRole("button", { name: "switch account" }).count()).toBe(0);
  const button = page.getByRole("button", { name: "Create sandbox" });
  const colours = await button.evaluate((element) => [getComputedStyle(element).backgroundColor, getComputedStyle(element).color]);
  expect(colours).not.toContain("rgb(255, 225, 77)");
});

/** A stack over another API than its own, and a page. */
async function openRemote(remote: { apiKey: string; baseUrl: string }): Promise<{ page: Page; url: string }> {
  const stack = await startStack({ remote });
  closeAfter(() => stack.close());
  const { page } = await openPage();
  return { page, url: stack.url };
}
