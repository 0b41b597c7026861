import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { createLocalServer } from "@miosa/local";
import { type Browser } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createSandbox, launchChromium, openPage, runCommand, seenReady } from "./dashboard.js";
import { patienceMs } from "./patience.js";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Installing and compiling may come first. */
const startedWithinMs = 150_000;
const stoppedWithinMs = 30_000;

let browser: Browser;
const started: ChildProcess[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
afterEach(() => {
  for (const { pid } of started.splice(0)) if (pid !== undefined && hasGroup(pid)) process.kill(-pid, "SIGKILL");
});

/** True while a process of this group is alive, npm itself or not. */
function hasGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false; // ESRCH: the group is empty
  }
}

interface Start {
  child: ChildProcess;
  /** What it printed so far, both streams together. */
  printed: () => string;
  exitCode: Promise<number | null>;
}

/** Types `npm start`, in a process group of its own as a terminal does. */
function npmStart(env: Record<string, string> = {}, args: string[] = []): Start {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PORT|MIOSA_.*|npm_.*|NODE_ENV|VITEST.*)$/.test(name));
  const child = spawn("npm", ["start", "--", ...args], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(inherited), PORT: "0", MIOSA_LOCAL_PORT: "0", ...env },
  });
  started.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  return { child, printed: () => printed, exitCode: once(child, "close").then(([code]) => (typeof code === "number" ? code : null)) };
}

/** Waits for the printed address; throws at once when the start has ended without one. */
async function address(start: Start): Promise<string> {
  const isDecided = () => /Dashboard {2}http:\S+/.test(start.printed()) || start.child.exitCode !== null;
  await expect.poll(isDecided, { timeout: startedWithinMs }).toBe(true);
  if (start.child.exitCode !== null) throw new Error(`npm start ended: ${start.printed()}`);
  return /Dashboard {2}(\S+)/.exec(start.printed())?.[1] ?? "";
}

/** What Ctrl-C does: the signal goes to every process of the group. */
function pressCtrlC({ child }: Start): void {
  if (child.pid === undefined) throw new Error("npm could not be started");
  process.kill(-child.pid, "SIGINT");
}

/** Ids of processes whose command line holds `text`. */
async function processesWith(text: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => ""))); // it may have ended meanwhile
  return ids.filter((_, index) => lines[index]?.includes(text));
}

async function takePort(): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("no port");
  return { port: bound.port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

test("npm start serves the dashboard, runs a command in a sandbox, and Ctrl-C leaves no process behind", async () => {
  const start = npmStart();
  const url = await address(start);
  const { page, complaints } = await openPage(browser);
  await createSandbox(page, url, "quick-exec");
  await seenReady(page);
  const run = await runCommand(page, "echo hi; nohup sleep 86399.75 >/dev/null 2>&1 &");
  expect(await run.getByRole("group", { name: "Output" }).innerText()).toBe("hi");
  await run.getByText("Exit code 0").waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
  expect(await processesWith("86399.75")).toHaveLength(1);

  pressCtrlC(start);
  await expect.poll(() => start.child.exitCode ?? start.child.signalCode, { timeout: stoppedWithinMs }).not.toBeNull();
  await start.exitCode;
  expect(await processesWith("86399.75")).toEqual([]);
  expect(hasGroup(start.child.pid ?? 0)).toBe(false);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

test("sandboxes that nothing isolates are announced as such", async () => {
  const start = npmStart({ MIOSA_LOCAL_DRIVER: "process" });
  await address(start);
  expect(start.printed()).toContain("NOTHING ISOLATES THEM");
  pressCtrlC(start);
  await start.exitCode;
});

test("SIGTERM stops everything too", async () => {
  const start = npmStart();
  const url = await address(start);
  start.child.kill("SIGTERM");
  await expect.poll(() => fetch(url).then((response) => response.status, () => "closed"), { timeout: stoppedWithinMs }).toBe("closed");
  await start.exitCode;
});

test("a taken dashboard port ends the start with the variable to change", async () => {
  const taken = await takePort();
  const start = npmStart({ PORT: String(taken.port) });
  expect(await start.exitCode).toBe(1);
  expect(start.printed()).toContain(`Port ${taken.port} is taken. Set PORT to a free one`);
  await taken.release();
});

test("a taken local server port ends the start with the variable to change", async () => {
  const taken = await takePort();
  const start = npmStart({ MIOSA_LOCAL_PORT: String(taken.port) });
  expect(await start.exitCode).toBe(1);
  expect(start.printed()).toContain(`Port ${taken.port} is taken. Set MIOSA_LOCAL_PORT to a free one`);
  await taken.release();
});

test("with an API named in the environment its sandboxes are shown, and the key is printed nowhere", async () => {
  const api = await createLocalServer();
  const start = npmStart({ MIOSA_BASE_URL: api.baseUrl, MIOSA_API_KEY: api.apiKey });
  const url = await address(start);
  const { page } = await openPage(browser);
  await createSandbox(page, url, "over-there");
  await seenReady(page);
  expect(api.sandboxes.list().map(({ name }) => name)).toEqual(["over-there"]);
  expect(start.printed()).toContain(api.baseUrl);
  expect(start.printed().includes(api.apiKey)).toBe(false);
  await page.context().close();
  pressCtrlC(start);
  await start.exitCode;
  await api.close();
});

test("a page of another name or origin gets nothing from the started servers", async () => {
  const start = npmStart();
  const url = await address(start);
  const port = new URL(url).port;
  expect(await statusFor(port, { host: "evil.example" }, "/")).toBe(403);
  expect(await statusFor(port, { host: `evil.example:${port}` }, "/api/miosa/computers")).toBe(403);
  expect(await statusFor(port, { origin: "http://evil.example" }, "/api/miosa/computers")).toBe(403);
  expect(await statusFor(port, {}, "/api/miosa/computers")).toBe(401);
  const signedIn = await fetch(`${url}/session`, { method: "POST", headers: { origin: url, "content-type": "application/json" }, body: "{}" });
  const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
  expect(await statusFor(port, { cookie }, "/api/miosa/computers")).toBe(200);
  expect(await statusFor(port, { cookie, host: `evil.example:${port}` }, "/tenant.json")).toBe(403);
  expect(await statusFor(port, {}, "/../package.json")).toBe(404);
  expect(await statusFor(port, {}, "/%2e%2e%2fpackage.json")).toBe(404);
  pressCtrlC(start);
  await start.exitCode;
});

/** Status of a bare GET; `fetch` would not let a test choose its Host. */
function statusFor(port: string, headers: Record<string, string>, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, headers, timeout: patienceMs }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.once("error", reject);
    call.once("timeout", () => call.destroy(new Error("no answer in time")));
    call.end();
  });
}
