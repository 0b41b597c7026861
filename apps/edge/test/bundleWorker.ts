import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles the Worker as wrangler does, and returns its source. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../src/worker.ts", import.meta.url))],
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
