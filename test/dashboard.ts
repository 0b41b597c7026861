import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from "playwright";
import { afterAll, afterEach, beforeAll } from "vitest";
import { chromiumArgs, findChromium } from "../scripts/findChromium.mjs";
import { startStack, type Stack, type StackOptions } from "../scripts/devStack.mjs";

/** How long a page may take to show something, in milliseconds: a generous deadline, never a figure that is tested. */
const shownWithinMs = 30_000;

/** What the tests of one file share. Everything that is opened by it ends with the test that opened it. */
export interface DashboardWorld {
  /** What `npm start` starts, on free ports, with a local server to look into. */
  openStack: (options?: StackOptions) => Promise<LocalStack>;
  /** A page of a browser profile of its own. */
  openPage: (options?: BrowserContextOptions) => Promise<OpenPage>;
  /** Has something else closed at the end of the test. */
  closeAfter: (close: () => Promise<unknown>) => void;
}

/** A page, and what it reports of itself: exceptions, refused content, console errors. */
export interface OpenPage {
  page: Page;
  complaints: string[];
}

/** A stack with a local server of its own. */
export type LocalStack = Stack & { local: NonNullable<Stack["local"]> };

/** One Chromium for all tests of the file that calls this at its top. */
export function setUpDashboard(): DashboardWorld {
  let browser: Browser | undefined;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).toReversed()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "Not everything that the test opened could be closed.");
  });
  return {
    async openStack(options) {
      const stack = await startLocalStack(options);
      closers.push(() => stack.close());
      return stack;
    },
    async openPage(options) {
      if (browser === undefined) throw new Error("A page can be opened in a test only.");
      const opened = await openPage(browser, options);
      closers.push(() => opened.page.context().close());
      return opened;
    },
    closeAfter: (close) => void closers.push(close),
  };
}

/** Starts the Chromium that the page tests share. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: chromiumArgs });
}

/** A page of its own profile; `complaints` gathers what the page itself reports: exceptions, refused content, console errors. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(shownWithinMs);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Chromium reports every answered error status in this way; the tests below look at what the page makes of them.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  return { page, complaints };
}

/** Starts what `npm start` starts, on free ports, with a local server to look into. */
async function startLocalStack(options: StackOptions = {}): Promise<LocalStack> {
  const stack = await startStack(options);
  if (stack.local === undefined) throw new Error("The stack was started without a local server.");
  return { ...stack, local: stack.local };
}

/** Signs a page's profile in as a demo account, without the page's doing; the page must be loaded afterwards. */
export async function signIn(page: Page, url: string, account: "dana" | "samuel" | "staff"): Promise<void> {
  const answer = await page.context().request.post(`${url}/session`, { data: { account }, headers: { origin: url } });
  if (!answer.ok()) throw new Error(`The sign-in as ${account} answered ${answer.status()}`);
}

/** Creates a sandbox as a person does, and waits until its own page is shown. Resolves to its id. */
export async function createSandbox(page: Page, url: string, name: string, ids: Partial<Record<"Customer" | "User" | "Project", string>> = {}): Promise<string> {
  await page.goto(`${url}/new`);
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  for (const [label, value] of Object.entries(ids)) await page.getByRole("textbox", { name: `${label} id` }).fill(value);
  await page.getByRole("button", { name: "Create sandbox" }).click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
  return page.url().split("/").at(-1) ?? "";
}

/** The card that shows the readiness of the sandbox on the page. */
export function readinessOf(page: Page): Locator {
  return page.getByRole("region", { name: "Readiness" });
}

/** True once it is on the page; the wait throws when it does not come, and says what was looked for. */
export async function shown(locator: Locator): Promise<boolean> {
  await locator.waitFor();
  return true;
}

/** Waits until the page says that the sandbox is ready. */
export async function seenReady(page: Page): Promise<void> {
  await readinessOf(page).locator(".status", { hasText: "Ready" }).waitFor();
}

/** Types a command into the page and starts it. Resolves to the run's own part of the page. */
export async function startCommand(page: Page, command: string): Promise<Locator> {
  const runs = page.getByRole("list", { name: "Commands run so far" }).locator(".run");
  const before = await runs.count();
  const field = page.getByRole("textbox", { name: "Command" });
  await field.fill(command);
  await page.locator('.console-form .console-run[aria-disabled="false"]').waitFor(); // a page may say "Ready" a moment before it takes commands
  await field.press("Enter");
  await runs.nth(before).waitFor();
  return runs.nth(before);
}

/** Runs a command on the page and waits for its end. Resolves to the run's own part of the page. */
export async function runCommand(page: Page, command: string): Promise<Locator> {
  const run = await startCommand(page, command);
  await run.getByText(/^(Exit code \d+|Cancelled|Not run to its end)$/).waitFor();
  return run;
}

/** Goes to another page of the dashboard and comes back to the sandbox, as a person does. */
export async function leaveAndReturn(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Usage" }).click();
  await page.getByRole("heading", { name: "Usage", level: 2 }).waitFor();
  await page.getByRole("navigation", { name: "Sandboxes" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
}

/** The card that shows the files of the sandbox on the page. */
export function filesOf(page: Page): Locator {
  return page.getByRole("region", { name: "Files" });
}
