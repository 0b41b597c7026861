import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { root } from "./installMissing.mjs";

/**
 * Makes a program for Node, or one for a page that holds all it needs, of a TypeScript file given by its path from the root, with
 * our packages taken from their sources. Resolves to the path of the program.
 */
export async function bundleSources(path, { platform = "node" } = {}) {
  const isPage = platform === "browser";
  const outfile = join(root, "node_modules/.cache/programs", path.replace(/\.tsx?$/, ".mjs"));
  await build({
    entryPoints: [join(root, path)],
    outfile,
    bundle: true,
    format: "esm",
    platform,
    target: isPage ? "es2022" : "node20",
    minify: isPage,
    jsx: "automatic",
    sourcemap: "inline",
    logLevel: "warning",
    plugins: [{ name: "our-sources", setup: (bundle) => takeOurSources(bundle, isPage) }],
  });
  return outfile;
}

function takeOurSources(bundle, isPage) {
  bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
    if (kind === "entry-point" || pluginData === "as-installed") return undefined;
    const [, name, entry = "index"] = /^@miosa\/(\w+)(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (name) {
      const file = join(root, "packages", name, "src", entry);
      return { path: existsSync(`${file}.ts`) ? `${file}.ts` : `${file}.tsx` };
    }
    if (isPage) return undefined;
    if (isBuiltin(path)) return { path, external: true };
    // By its place on disk, for a workspace may have a version of its own.
    const { path: file, errors } = await bundle.resolve(path, { kind, resolveDir, pluginData: "as-installed" });
    return errors.length > 0 ? { errors } : { path: file, external: true };
  });
  // Scripts find the root by their own place, so they stay where they are.
  bundle.onResolve({ filter: /^\..*\.mjs$/ }, ({ path, resolveDir }) => ({ path: resolve(resolveDir, path), external: true }));
}
