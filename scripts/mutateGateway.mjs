// Takes out one check of the gateway at a time and runs its tests: each time at least one must fail.
// npm run mutate -w packages/gateway [-- part of a name, and of another]
import { spawnSync } from "node:child_process";
import { createServer } from "vite";

const only = process.argv.slice(2);
const root = new URL("..", import.meta.url).pathname;
const vite = await createServer({ root, configFile: false, server: { middlewareMode: true, hmr: false, ws: false }, appType: "custom", logLevel: "silent" });
const { mutations } = await vite.ssrLoadModule("/packages/gateway/test/mutations.ts");
await vite.close();

const chosen = mutations.filter(({ name, file }) => only.length === 0 || only.some((part) => `${file}: ${name}`.includes(part)));
const survivors = [];
// Tests that fail anyway would kill every mutation.
if (run("none").status !== 0) throw new Error("The gateway's tests fail as it is.");
for (const { name, file } of chosen) {
  const { status, stdout, stderr } = run(`${file}: ${name}`);
  const output = stdout + stderr;
  // A mutation that does not fit its source any more says nothing about the tests.
  if (output.includes("is not there exactly once")) throw new Error(/.*is not there exactly once.*/.exec(output)?.[0]);
  const isKilled = status !== 0 && /Tests .*failed/.test(output);
  if (!isKilled) survivors.push(`${file}: ${name}`);
  // Named, so that a test which fails now and then is not taken for one that noticed.
  const killer = isKilled ? ` ← ${/FAIL\s+(.*)/.exec(output)?.[1] ?? ""}` : "";
  console.log(`${isKilled ? "killed  " : "SURVIVED"}  ${file}: ${name}${killer}`);
}
console.log(`\n${chosen.length} mutations, ${survivors.length} survivors`);
for (const survivor of survivors) console.log(`  ${survivor}`);
process.exitCode = survivors.length === 0 ? 0 : 1;

function run(name) {
  return spawnSync("npx", ["vitest", "run", "--config", "packages/gateway/test/mutation.config.ts", "--reporter", "dot"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, MUTATION: name, NO_COLOR: "1" },
  });
}
