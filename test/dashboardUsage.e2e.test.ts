import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { StackOptions } from "../scripts/devStack.mjs";
import { createSandbox, type LocalStack, seenReady, setUpDashboard, shown, signIn } from "./dashboard.js";

const { openStack, openPage } = setUpDashboard();

async function open(options: StackOptions = {}): Promise<LocalStack & { page: Page }> {
  const stack = await openStack(options);
  const { page } = await openPage();
  return { ...stack, page };
}

/** Whose bars are on the page. */
const namesOf = (page: Page) => page.getByRole("main").getByRole("table").locator("tbody").getByRole("button");
const shownNames = async (page: Page) => new Set((await namesOf(page).allInnerTexts()).map((text) => text.split("\n")[0]));

async function createAs(page: Page, url: string, account: "dana" | "samuel", name: string): Promise<void> {
  await signIn(page, url, account);
  await createSandbox(page, url, name);
  await seenReady(page);
}

test("staff sees what every customer used, and a customer what it used itself", async () => {
  const { page, url } = await open();
  await createAs(page, url, "dana", "theirs");
  await createAs(page, url, "samuel", "ours");
  await page.getByRole("link", { name: "Usage" }).click();
  await expect.poll(() => shownNames(page)).toEqual(new Set(["s.okafor"]));
  await page.getByRole("radio", { name: "Firm" }).check({ force: true });
  await expect.poll(() => shownNames(page)).toEqual(new Set(["northside-accounting-207"]));
  expect(await page.getByRole("main").innerText()).not.toContain("smile");

  await signIn(page, url, "staff");
  await page.goto(`${url}/usage`);
  await expect.poll(() => shownNames(page)).toEqual(new Set(["northside-accounting-207", "smile-studio-114"]));
  expect(await page.getByRole("row", { name: /^Together [\d.]+ s \d/ }).isVisible()).toBe(true);
  await page.getByRole("button", { name: "smile-studio-114" }).click();
  await page.getByRole("button", { name: "Remove filter: Customer smile-studio-114" }).waitFor();
});

test("the period and the grouping are chosen with the arrow keys, and asked of the server", async () => {
  const { page, url } = await open();
  await createAs(page, url, "dana", "counted");
  await page.goto(`${url}/usage`);
  await namesOf(page).first().waitFor();
  await page.getByRole("radio", { name: "30 days" }).focus();
  const asked = page.waitForRequest((request) => request.url().includes("/usage?") && request.url().includes("period=month-to-date"));
  await page.keyboard.press("ArrowRight");
  await asked;
  expect(await page.getByRole("radio", { name: "This month" }).isChecked()).toBe(true);
  await expect.poll(() => namesOf(page).count()).toBe(1);
  await page.getByRole("radio", { name: "User" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("rowheader", { name: "Without one" }).waitFor();
});

test("other days are chosen, asked for whole, and stand in the address", async () => {
  const { page, url } = await open();
  await createAs(page, url, "dana", "counted");
  await page.goto(`${url}/usage?by=project`);
  await page.getByRole("rowheader", { name: "Without one" }).waitFor();
  await page.getByRole("radio", { name: "Other days" }).check({ force: true });
  const [first, last] = [page.getByLabel("First day"), page.getByLabel("Last day")];
  const today = await last.inputValue();
  await first.fill("2026-01-02");
  await last.fill("2026-01-05");
  const asked = page.waitForRequest((request) => request.url().includes("period=custom") && request.url().includes("start=2026-01-02T00"));
  await page.getByRole("button", { name: "Show" }).click();
  expect(new URL((await asked).url()).searchParams.get("end")).toBe("2026-01-06T00:00:00.000Z");
  expect(await shown(page.getByText("Nothing was used in this time"))).toBe(true);
  expect(new URL(page.url()).search).toBe("?from=2026-01-02&to=2026-01-05&by=project");
  await last.fill(today);
  await page.keyboard.press("Enter");
  await page.getByRole("rowheader", { name: "Without one" }).waitFor();
  await page.reload();
  await page.getByRole("rowheader", { name: "Without one" }).waitFor();
  expect([await first.inputValue(), await last.inputValue()]).toEqual(["2026-01-02", today]);
});

test("days that cannot be reported on are said, also those of a link, and are not asked for", async () => {
  const { page, url } = await open();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(...(request.url().includes("period=custom") ? [request.url()] : [])));
  await page.goto(`${url}/usage?from=2026-05-03&to=2026-05-01`);
  expect(await shown(page.getByRole("alert").getByText("The first day is after the last."))).toBe(true);
  await page.getByLabel("First day").fill("");
  await page.getByRole("button", { name: "Show" }).click();
  expect(await shown(page.getByRole("alert").getByText("Give a first and a last day."))).toBe(true);
  expect(asked).toEqual([]);
  await page.getByLabel("First day").fill("2026-05-01");
  await page.getByRole("button", { name: "Show" }).click();
  expect(await shown(page.getByText("Nothing was used in this time"))).toBe(true);
});

test("where nothing was used the page says what counts", async () => {
  const { page, url } = await open();
  await page.goto(`${url}/usage`);
  expect(await shown(page.getByText("Nothing was used in this time"))).toBe(true);
});

test("a report that the server puts off says how long to wait, and comes by itself", async () => {
  const { page, url } = await open({ local: { faults: { rateLimited: { retryAfterSec: 6, times: 1, routes: ["GET /usage"] } } } });
  await page.goto(`${url}/usage`);
  const trouble = page.getByRole("main").getByRole("alert");
  expect(await shown(trouble.getByText("Too many requests"))).toBe(true);
  expect(await shown(trouble.getByRole("button", { name: /Try again in \d s/ }))).toBe(true);
  expect(await shown(page.getByText("Nothing was used in this time"))).toBe(true);
});
