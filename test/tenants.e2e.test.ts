import { createServer } from "node:http";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { startStack } from "../scripts/devStack.mjs";
import { createSandbox, runCommand, seenReady, setUpDashboard, shown, signIn } from "./dashboard.js";
import { readReceived, recordReceived } from "./receivedBytes.js";

const smile = { id: "smile-studio-114", userId: "d.reyes" };
const northside = { id: "northside-accounting-207", userId: "s.okafor" };

const { openStack, openPage, closeAfter } = setUpDashboard();

/** A page of a browser of its own. */
async function openBrowser(): Promise<Page> {
  const { page } = await openPage();
  return page;
}

const rows = (page: Page) => page.getByRole("navigation", { name: "Sandboxes" }).getByRole("listitem");
const namesOf = async (page: Page) => (await rows(page).locator(".row-name").allInnerTexts()).sort();
const switcher = (page: Page) => page.getByRole("button", { name: "switch account" });

/** Switches as a person does, and waits until the page is the other customer's. */
async function switchTo(page: Page, name: string): Promise<void> {
  await switcher(page).click();
  await page.getByRole("group", { name: "Demo accounts" }).getByRole("button", { name }).click();
  await page.getByRole("banner").getByRole("link", { name }).waitFor();
}

/** What the gateway answers to the page itself, without what differs in every answer. */
async function askGateway(page: Page, path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<{ status: number; headers: string[]; body: string }> {
  return page.evaluate(
    async ([url, options]) => {
      const response = await fetch(`/api/miosa${url}`, options);
      const requestId = response.headers.get("x-request-id") ?? "none";
      const headers = [...response.headers].filter(([name]) => name !== "date" && name !== "x-request-id").map((pair) => pair.join(": "));
      return { status: response.status, headers, body: (await response.text()).replaceAll(requestId, "…") };
    },
    [path, init] as const,
  );
}

test("what one customer creates is not there for the other: not in the list, not by its address, not by a request", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  const theirs = await createSandbox(page, url, "x-ray-viewer");
  await seenReady(page);

  await switchTo(page, "Northside Accounting");
  expect(await shown(page.getByText("No sandboxes yet"))).toBe(true);
  expect(new URL(page.url()).pathname).toBe("/");
  expect(await page.getByText("x-ray-viewer").count()).toBe(0);
  const foreign = await askGateway(page, `/computers/${theirs}`);
  expect(foreign.status).toBe(404);
  expect(foreign).toEqual(await askGateway(page, "/computers/never-was"));
  expect(await askGateway(page, `/computers/${theirs}`, { method: "DELETE" })).toEqual(foreign);

  await createSandbox(page, url, "ledger-import");
  await page.goto(`${url}/sandboxes/${theirs}`);
  expect(await shown(page.getByRole("alert").getByText("No sandbox has this id"))).toBe(true);
  expect(await namesOf(page)).toEqual(["ledger-import"]);

  await switchTo(page, "Smile Studio");
  await expect.poll(() => namesOf(page)).toEqual(["x-ray-viewer"]);
  await page.goto(`${url}/sandboxes/${theirs}`);
  await seenReady(page);
  await (await runCommand(page, "echo still here")).getByText("Exit code 0").waitFor();
});

test("a switch changes the name, the colour and the words of the page, and what was said before is gone", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  await createSandbox(page, url, "x-ray-viewer");
  const accent = () => page.getByRole("banner").locator(".monogram").first().evaluate((element) => getComputedStyle(element).backgroundColor);
  const before = await accent();
  await switchTo(page, "Northside Accounting");
  expect(await page.title()).toContain("Northside Accounting");
  expect(await accent()).not.toBe(before);
  await page.goto(`${url}/new`);
  expect(await page.getByRole("term").allInnerTexts()).toEqual(["Firm", "Accountant"]);
  expect(await page.getByRole("textbox", { name: "Engagement id" }).isVisible()).toBe(true);
  expect(await page.content()).not.toContain("x-ray-viewer");
});

test("while the new customer's list is on its way nothing of the one before is shown", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  await createSandbox(page, url, "x-ray-viewer");
  let letAnswersThrough = (): void => undefined;
  const answers = new Promise<void>((resolve) => (letAnswersThrough = resolve));
  await page.route("**/api/miosa/**", async (route) => {
    await answers;
    await route.continue();
  });
  await switchTo(page, "Northside Accounting");
  expect(await rows(page).count()).toBe(0);
  expect(await page.content()).not.toContain("x-ray-viewer");
  letAnswersThrough();
  expect(await shown(page.getByText("No sandboxes yet"))).toBe(true);
});

test("whatever a page asks for, what it creates is its own customer's", async () => {
  const { url, local } = await openStack();
  const page = await openBrowser();
  await createSandbox(page, url, "by-form");
  const body = JSON.stringify({ name: "by-request", template_type: "miosa-sandbox", external_workspace_id: northside.id, external_user_id: northside.userId });
  const answer = await askGateway(page, "/computers", { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(answer.status).toBe(201);
  const owners = local.sandboxes.list().map((row) => `${row.external_workspace_id} ${row.external_user_id}`);
  expect(owners).toEqual([`${smile.id} ${smile.userId}`, `${smile.id} ${smile.userId}`]);
});

test("two browsers of two customers each follow their own sandboxes live, and receive nothing of the other's", async () => {
  const { url, local } = await openStack();
  const [dana, samuel] = [await openBrowser(), await openBrowser()];
  for (const page of [dana, samuel]) await recordReceived(page);
  await signIn(dana, url, "dana");
  await signIn(samuel, url, "samuel");
  for (const page of [dana, samuel]) {
    await page.goto(url);
    await page.getByText("No sandboxes yet").waitFor();
  }
  // Made elsewhere, as by the platform's own server: the pages learn of it by themselves.
  const create = async (name: string, owner: typeof smile): Promise<string> => {
    const response = await fetch(`${local.baseUrl}/computers`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ name, template_type: "miosa-sandbox", external_workspace_id: owner.id, external_user_id: owner.userId }),
    });
    expect(response.status).toBe(201);
    return local.sandboxes.list().find((row) => row.name === name)?.id ?? "";
  };
  const ofDana = await create("x-ray-viewer", smile);
  await rows(dana).filter({ hasText: "x-ray-viewer" }).filter({ hasText: "Running" }).waitFor();
  const ofSamuel = await create("ledger-import", northside);
  await rows(samuel).filter({ hasText: "ledger-import" }).filter({ hasText: "Running" }).waitFor();
  await rows(dana).filter({ hasText: "x-ray-viewer" }).click();
  await (await runCommand(dana, "env; echo done")).getByText("Exit code 0").waitFor();
  await create("second-viewer", smile);
  await rows(dana).filter({ hasText: "second-viewer" }).filter({ hasText: "Running" }).waitFor();
  expect(await namesOf(dana)).toEqual(["second-viewer", "x-ray-viewer"]);
  expect(await namesOf(samuel)).toEqual(["ledger-import"]);

  const [bytesOfDana, bytesOfSamuel] = [await readReceived(dana), await readReceived(samuel)];
  for (const own of [ofDana, smile.id, smile.userId, "x-ray-viewer"]) expect(bytesOfDana).toContain(own);
  for (const own of [ofSamuel, northside.id, northside.userId, "ledger-import"]) expect(bytesOfSamuel).toContain(own);
  for (const foreign of [ofSamuel, northside.id, northside.userId, "ledger-import", local.apiKey]) expect(bytesOfDana.includes(foreign)).toBe(false);
  for (const foreign of [ofDana, smile.id, smile.userId, "x-ray-viewer", "second-viewer", local.apiKey]) expect(bytesOfSamuel.includes(foreign)).toBe(false);
});

test("staff sees both customers' sandboxes, and chooses whose a new one is", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  await createSandbox(page, url, "x-ray-viewer");
  await switchTo(page, "MIOSA");
  await createSandbox(page, url, "ledger-import", { Customer: northside.id });
  await expect.poll(() => namesOf(page)).toEqual(["ledger-import", "x-ray-viewer"]);
  await page.getByRole("link", { name: "MIOSA" }).click();
  expect(await shown(page.getByRole("heading", { name: "By customer" }))).toBe(true);
  await switchTo(page, "Northside Accounting");
  await expect.poll(() => namesOf(page)).toEqual(["ledger-import"]);
});

test("a switch in one tab reaches the other tabs of the browser", async () => {
  const { url } = await openStack();
  const first = await openBrowser();
  await createSandbox(first, url, "x-ray-viewer");
  const second = await first.context().newPage();
  await second.goto(url);
  await rows(second).getByText("x-ray-viewer").waitFor();
  await switchTo(first, "Northside Accounting");
  expect(await shown(second.getByRole("banner").getByRole("link", { name: "Northside Accounting" }))).toBe(true);
  expect(await shown(second.getByText("No sandboxes yet"))).toBe(true);
  expect(await second.getByText("x-ray-viewer").count()).toBe(0);
});

test("accounts are switched with the keyboard, and who is signed in is said aloud", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  await page.goto(url);
  await switcher(page).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect.poll(() => switcher(page).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("banner").getByRole("link", { name: "Northside Accounting" }).waitFor();
  await expect.poll(() => page.getByRole("status").locator("p").innerText()).toBe("Signed in to Northside Accounting as Samuel Okafor");
  await expect.poll(() => page.evaluate(() => document.activeElement instanceof HTMLHeadingElement)).toBe(true);
});

test("a sign-in that fails leaves everything as it is and says so", async () => {
  const { url } = await openStack();
  const page = await openBrowser();
  await createSandbox(page, url, "x-ray-viewer");
  await page.route("**/session", (route) => route.abort());
  await switcher(page).click();
  await page.getByRole("button", { name: "Northside Accounting" }).click();
  expect(await shown(page.getByRole("alert").getByText("did not take the sign-in"))).toBe(true);
  await page.keyboard.press("Escape");
  expect(await page.getByRole("heading", { name: "x-ray-viewer" }).isVisible()).toBe(true);
});

test("the session's cookie goes to the dashboard's server only, and no script can read it", async () => {
  const headers: string[] = [];
  const api = createServer((request, response) => {
    headers.push(JSON.stringify(request.rawHeaders));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ data: [] }));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  closeAfter(
    () =>
      new Promise<void>((resolve) => {
        api.close(() => resolve());
        api.closeAllConnections();
      }),
  );
  const bound = api.address();
  if (typeof bound !== "object" || bound === null) throw new Error("no port");
  const stack = await startStack({ remote: { apiKey: "msk_test", baseUrl: `http://127.0.0.1:${bound.port}/api/v1` } });
  closeAfter(() => stack.close());
  const page = await openBrowser();
  await page.goto(stack.url);
  await page.getByText("No sandboxes yet").waitFor();
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(headers.length).toBeGreaterThan(0);
  expect(headers.join("\n")).not.toMatch(/cookie/i);
  expect(headers.join("\n")).not.toContain(cookie?.value);
});
