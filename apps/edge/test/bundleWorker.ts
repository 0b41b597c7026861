import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../../scripts/installMissing.mjs";

/** Bundles the Worker as wrangler does, and returns its source. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "apps/edge/src/worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
  });
  const [file] = outputFiles;
  if (!file) throw new Error("The Worker's bundle is empty.");
  return file.text;
}
