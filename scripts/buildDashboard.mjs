import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./installMissing.mjs";

const packages = ["protocol", "core", "react", "gateway", "local"].map((name) => join(root, "packages", name));

/** Compiles the packages; only what changed is done again. Returns the exit code. */
export function buildPackages() {
  // The compiler goes by its own record of what it wrote, so a deleted dist must be asked for.
  const isWhole = packages.every((folder) => existsSync(join(folder, "dist/index.js")));
  return node([join(root, "node_modules/typescript/bin/tsc"), "-b", ...(isWhole ? [] : ["--force"]), ...packages]);
}

/** Builds the dashboard's page into its dist. Returns the exit code. */
export function buildPage() {
  return node([join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn", join(root, "apps/dashboard")]);
}

function node(args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error) console.error(`${args[0]} could not be started: ${error.message}`);
  return status ?? 1;
}
