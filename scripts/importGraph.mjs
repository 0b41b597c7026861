import { builtinModules } from "node:module";
import { build } from "esbuild";

/** The import conditions under which each kind of host resolves a package. */
export const hosts = {
  browser: ["browser", "import", "default"],
  worker: ["workerd", "worker", "edge-light", "import", "default"],
};

/**
 * Walks everything that a built entry imports, statically and lazily, into dependencies too, as a bundler for `conditions`
 * resolves it. Returns the files reached, and each Node module that is named anywhere, with the file that names it.
 * Packages in `external` are taken as given.
 */
export async function walkImports(entry, conditions, external = []) {
  const nodeImports = [];
  const builtins = new RegExp(`^(node:.*|(${builtinModules.filter((name) => !name.startsWith("_")).join("|")})(/.*)?)$`);
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions,
    external,
    logLevel: "silent",
    plugins: [
      {
        name: "find-node-modules",
        setup(bundle) {
          bundle.onResolve({ filter: builtins }, ({ path, importer }) => {
            nodeImports.push({ module: path, importer });
            return { path, external: true };
          });
        },
      },
    ],
  });
  return { files: Object.keys(metafile.inputs), nodeImports };
}
