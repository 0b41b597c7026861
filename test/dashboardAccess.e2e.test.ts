import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { BrowserContextOptions, Page } from "playwright";
import { beforeAll, expect, test } from "vitest";
import { createSandbox, filesOf, runCommand, seenReady, setUpDashboard, shown, signIn } from "./dashboard.js";

const { openStack, openPage } = setUpDashboard();
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(new URL("../apps/dashboard/package.json", import.meta.url)).resolve("axe-core/axe.min.js"), "utf8");
});

/** A stack with two sandboxes of two customers, and a page of the staff on one of them that has run a command. */
async function openSandboxPage(options: BrowserContextOptions = {}): Promise<{ page: Page; url: string }> {
  const { url } = await openStack();
  const { page } = await openPage(options);
  await signIn(page, url, "staff");
  await createSandbox(page, url, "other", { Customer: "northside-accounting", User: "m.okafor", Project: "a-project-with-a-rather-long-name" });
  await createSandbox(page, url, "smile-dental", { Customer: "dental-office-123" });
  await seenReady(page);
  await runCommand(page, "mkdir src; echo text > notes.txt; ln -s notes.txt link; echo out; echo err >&2; exit 1");
  await filesOf(page).getByRole("button", { name: "notes.txt", exact: true }).waitFor();
  return { page, url };
}

/** Violations of WCAG 2.2 A and AA on the page as it stands, as lines for people. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe); // by the debugger: the page's own policy lets no foreign script in
  return page.evaluate(async () => {
    const checker: unknown = Reflect.get(globalThis, "axe");
    if (!isChecker(checker)) throw new Error("axe is not on the page");
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await checker.run(document, { runOnly: tags });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));

    function isChecker(value: unknown): value is {
      run: (where: Document, options: { runOnly: string[] }) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
    } {
      return typeof value === "object" && value !== null && "run" in value;
    }
  });
}

async function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test.each(["light", "dark"] as const)("no page breaks an accessibility rule in the %s theme", async (colorScheme) => {
  const { page, url } = await openSandboxPage({ colorScheme, reducedMotion: "reduce" });
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Delete" }).click();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await filesOf(page).getByRole("button", { name: "New file" }).click();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await filesOf(page).getByRole("button", { name: "Actions for notes.txt" }).click();
  await filesOf(page).getByRole("button", { name: "Rename notes.txt" }).click();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await filesOf(page).getByRole("button", { name: "Delete notes.txt" }).click();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  // one to ask about, one that cannot be taken
  const uploads = ["notes.txt", "src"].map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("mine") }));
  await filesOf(page).getByLabel("Files to upload").setInputFiles(uploads);
  await page.getByRole("alertdialog").getByRole("heading", { name: "Replace notes.txt?" }).waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await filesOf(page).getByText("It cannot be replaced").waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await filesOf(page).getByRole("button", { name: "notes.txt", exact: true }).click();
  await page.getByRole("textbox", { name: "Text of notes.txt" }).fill("changed");
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("region", { name: "Status" }).getByText("Stopped").waitFor();
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole("button", { name: "Filter" }).click();
  expect(await violationsOf(page)).toEqual([]);
  page.on("dialog", (dialog) => void dialog.accept()); // about the text that is not saved
  for (const path of ["/", "/new", "/usage", "/usage?from=2026-05-03&to=2026-05-01", "/sandboxes/unknown", "/elsewhere"]) {
    await page.goto(url + path);
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    await page.getByText("smile-dental").first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
  }
  await signIn(page, url, "samuel");
  await page.goto(`${url}/new`);
  await page.getByRole("button", { name: "switch account" }).click();
  expect(await violationsOf(page)).toEqual([]);
});

test("everything fits into a width of 360 px, one pane at a time", async () => {
  const { page, url } = await openSandboxPage({ viewport: { width: 360, height: 740 } });
  expect(await overflowOf(page)).toBe(0);
  expect(await page.getByRole("navigation", { name: "Sandboxes" }).isVisible()).toBe(false);
  await runCommand(page, "mkdir -p a-folder/with-a-rather-long-name/and-another-one-below && touch a-folder/with-a-rather-long-name/and-another-one-below/file.txt");
  await filesOf(page).getByRole("button", { name: "Actions for a-folder" }).click();
  await filesOf(page).getByRole("button", { name: "Rename a-folder" }).click();
  expect(await overflowOf(page)).toBe(0);
  for (const name of [/^a-folder/, /^with-a-rather-long-name/, /^and-another-one-below/, /^file\.txt/]) {
    await filesOf(page).getByRole("button", { name }).click();
    expect(await overflowOf(page)).toBe(0);
  }
  await page.getByRole("link", { name: "All sandboxes" }).click();
  await page.getByRole("navigation", { name: "Sandboxes" }).waitFor();
  expect(await overflowOf(page)).toBe(0);
  await page.getByRole("button", { name: "Filter" }).click();
  expect(await overflowOf(page)).toBe(0);
  await signIn(page, url, "samuel");
  for (const path of ["/new", "/usage?from=2026-05-03&to=2026-05-01", "/sandboxes/unknown"]) {
    await page.goto(url + path);
    await page.getByRole("heading", { level: 2 }).waitFor();
    expect(await overflowOf(page)).toBe(0);
    await page.getByRole("button", { name: "switch account" }).click();
    expect(await overflowOf(page)).toBe(0);
  }
});

test("a sandbox is created, used and deleted with the keyboard alone", async () => {
  const { url } = await openStack();
  const { page } = await openPage();
  await page.goto(`${url}/new`);
  await tabTo(page, "Name");
  await page.keyboard.type("by-hand");
  await page.keyboard.press("Enter");
  await seenReady(page);
  expect(await focused(page)).toBe("by-hand");
  await tabTo(page, "Command");
  await page.keyboard.type("echo typed");
  await page.keyboard.press("Enter");
  expect(await shown(page.getByText("Exit code 0", { exact: true }))).toBe(true);
  await page.keyboard.press("ArrowUp");
  expect(await page.getByRole("textbox", { name: "Command" }).inputValue()).toBe("echo typed");

  await tabTo(page, "New file");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("Name");
  await page.keyboard.press("Escape");
  expect(await focused(page)).toBe("New file");
  await page.keyboard.press("Enter");
  await page.keyboard.type("typed.txt");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("typed.txt");
  await page.getByRole("textbox", { name: "Text of typed.txt" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type("by hand");
  await page.keyboard.press("Control+s");
  expect(await shown(page.getByText("typed.txt saved"))).toBe(true);
  await tabTo(page, "workspace", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("workspace");
  expect(await shown(filesOf(page).getByRole("row", { name: /typed\.txt.*7 B/ }))).toBe(true);

  await tabTo(page, "Actions for typed.txt");
  await page.keyboard.press("Enter");
  await tabTo(page, "Rename typed.txt");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("New name of typed.txt");
  await page.keyboard.press("Escape");
  expect(await focused(page)).toBe("Rename typed.txt");
  await page.keyboard.press("Enter");
  await page.keyboard.type("renamed");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("workspace");
  expect(await shown(page.getByText("typed.txt is now renamed.txt"))).toBe(true);
  await tabTo(page, "Actions for renamed.txt");
  await page.keyboard.press("Enter");
  await tabTo(page, "Delete renamed.txt");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("Keep it");
  await page.keyboard.press("Escape");
  expect(await focused(page)).toBe("Delete renamed.txt");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("workspace");
  expect(await shown(page.getByText("renamed.txt deleted"))).toBe(true);

  await tabTo(page, "Stop", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Start");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Stop");
  await seenReady(page);
  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  expect(await focused(page)).toBe("Keep it");
  await page.keyboard.press("Escape");
  expect(await focused(page)).toBe("Delete");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await shown(page.getByText("No sandboxes yet"))).toBe(true);
  await expect.poll(() => focused(page)).toBe("Create your first sandbox");
});

test("what happens is said aloud, once", async () => {
  const { page } = await openSandboxPage();
  const spoken = page.getByRole("status").locator("p");
  expect(await spoken.innerText()).toContain("Exit code 1");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete sandbox" }).click();
  await expect.poll(() => spoken.innerText()).toBe("smile-dental deleted");
});

test("a chosen theme wins over the system's and stays after a reload", async () => {
  const { page } = await openSandboxPage({ colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await seenReady(page);
  expect(await ground()).toBe(dark);
  await page.getByRole("radio", { name: "Follow the system" }).check({ force: true });
  expect(await ground()).toBe(light);
});

/** Presses Tab until the element of this name has the focus. */
async function tabTo(page: Page, name: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press(key);
    if ((await focused(page)) === name) return;
  }
  throw new Error(`${name} was not reached with ${key}`);
}

/** What the element with the focus is called. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.querySelector("span") : element;
    return label instanceof HTMLElement ? label.innerText.trim().replaceAll(/\s+/g, " ") : "";
  });
}
