import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { root } from "./installMissing.mjs";

/**
 * Makes a program for Node of a TypeScript file, given by its path from the root, with our packages taken from their sources.
 * Resolves to the path of the program.
 */
export async function bundleSources(path) {
  const outfile = join(root, "node_modules/.cache/programs", path.replace(/\.tsx?$/, ".mjs"));
  await build({
    entryPoints: [join(root, path)],
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
