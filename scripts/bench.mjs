// Runs benchmarks: npm run bench -- NAME [NAME…], or all of them without a name. Each is bundled from bench/NAME.ts with our
// packages taken from their sources, runs in a Node of its own, and writes its section of bench/RESULTS.md.
import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { root } from "./installMissing.mjs";
import { listFiles } from "./listFiles.mjs";
import { runCommand } from "./runCommand.mjs";

const timeoutMs = 600_000;
const names = listFiles("bench", /\.ts$/)
  .filter((path) => dirname(path) === "bench" && !path.endsWith(".test.ts"))
  .map((path) => basename(path, ".ts"));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));

if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(", ")}. There are ${names.join(", ")}.`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : names) {
    console.log(`\n── ${name}`);
    const code = await runCommand(["node", "--expose-gc", "--enable-source-maps", await bundle(name)], { timeoutMs });
    if (code !== 0) process.exitCode = code;
  }
}

async function bundle(name) {
  const outfile = join(root, "node_modules/.cache/bench", `${name}.mjs`);
  await build({
    entryPoints: [join(root, "bench", `${name}.ts`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    jsx: "automatic",
    sourcemap: "inline",
    logLevel: "warning",
    plugins: [{ name: "our-sources", setup: useOurSources }],
  });
  return outfile;
}

function useOurSources(bundle) {
  bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
    if (kind === "entry-point" || pluginData === "as-installed") return undefined;
    const [, name, entry = "index"] = /^@miosa\/(\w+)(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (name) {
      const file = join(root, "packages", name, "src", entry);
      return { path: existsSync(`${file}.ts`) ? `${file}.ts` : `${file}.tsx` };
    }
    if (isBuiltin(path)) return { path, external: true };
    // By its place on disk, for a workspace may have a version of its own.
    const { path: file, errors } = await bundle.resolve(path, { kind, resolveDir, pluginData: "as-installed" });
    return errors.length > 0 ? { errors } : { path: file, external: true };
  });
  // Scripts find the root by their own place, so they stay where they are.
  bundle.onResolve({ filter: /^\..*\.mjs$/ }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path), external: true }));
}
