import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readCodeBlocks } from "../scripts/docBlocks.mjs";
import { launchChromium, openPage, shown } from "./dashboard.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const local = join(root, "packages/local/bin/miosa-local.js");

/** A folder with the files of these recipes, and what `npm create vite` puts around them. */
function unpack(...recipes: readonly string[]): string {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache/recipe-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "index.html"), '<title>app</title><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/src/main.tsx"></script>');
  for (const recipe of recipes) {
    for (const { path, code } of readCodeBlocks(readFileSync(join(root, "docs/recipes", recipe), "utf8"))) {
      if (path === undefined) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), code);
    }
  }
  return folder;
}

function run(folder: string, ...args: readonly string[]): { child: ChildProcess; printed: () => string; exitCode: Promise<number> } {
  // Not as a part of the test run that this is.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|NODE_ENV|PROD|DEV|MODE$)/.test(name)));
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, CI: "true", NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const exitCode = once(child, "close").then(([code]) => Number(code));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exitCode; // until then it has its port, which the test needs when it is tried again
  });
  return { child, printed: () => printed, exitCode };
}

test("the Vite recipe makes a sandbox on a page, runs a command in it and deletes it", async () => {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const app = run(unpack("react-vite.md"), local, "--", process.execPath, vite, "--host", "127.0.0.1", "--port", "4794", "--strictPort");
  await expect.poll(app.printed, { timeout: 30_000 }).toContain("http://127.0.0.1:4794/");
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const { page, complaints } = await openPage(browser);
  await page.goto("http://127.0.0.1:4794/");

  await page.getByRole("button", { name: "New sandbox" }).click();
  expect(await shown(page.getByText("Ready"))).toBe(true);
  await page.getByRole("button", { name: "Run date" }).click();
  expect(await shown(page.getByText(/\d\d:\d\d:\d\d/))).toBe(true);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect.poll(() => page.getByRole("listitem").count()).toBe(0);
  expect(complaints).toEqual([]);

  app.child.kill("SIGTERM");
  await app.exitCode;
});

test("the testing recipe passes for the Vite recipe's app", async () => {
  const tests = run(unpack("react-vite.md", "react-testing.md"), join(root, "node_modules/vitest/vitest.mjs"), "run");
  const exitCode = await tests.exitCode;
  expect(tests.printed()).toMatch(/Tests {2}2 passed/);
  expect(exitCode).toBe(0);
});
