// Builds every package and type-checks every test, then builds the dashboard's pages. What is left in `dist` of sources that
// are gone would be published, and outputs that were deleted would not be written again: both are put right first.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./installMissing.mjs";
import { listFiles } from "./listFiles.mjs";
import { packageFolders } from "./packageList.mjs";

let incomplete = false;
for (const folder of packageFolders) {
  const sources = new Set(listFiles(`${folder}/src`, /\.tsx?$/).map((path) => path.replace(/\.tsx?$/, "").replace("/src/", "/dist/")));
  for (const output of listFiles(folder, /\.(js|d\.ts)(\.map)?$/, ["dist"])) {
    if (output.includes("/dist/") && !sources.has(output.replace(/\.(js|d\.ts)(\.map)?$/, ""))) rmSync(join(root, output));
  }
  const isTest = /\.(test|test-d)$/;
  incomplete ||= [...sources].some((stem) => !isTest.test(stem) && !stem.endsWith(".d") && !existsSync(join(root, `${stem}.js`)));
}

const types = run("tsc", incomplete ? ["-b", "--force"] : ["-b"]);
// The dashboard is built even then, for a mistake in one test must not fail those that open the page.
const page = process.argv.includes("--packages") ? 0 : run("vite", ["build", "apps/dashboard"]);
process.exitCode = types || page;

function run(name, args) {
  const { status, error } = spawnSync(join(root, "node_modules/.bin", name), args, { cwd: root, stdio: "inherit" });
  if (error) console.error(`${name} could not be started: ${error.message}`);
  return status ?? 1;
}
