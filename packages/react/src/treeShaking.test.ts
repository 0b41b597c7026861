import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { basename } from "node:path";
import { expect, test } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The files of this package and of core that a bundler keeps for a page that uses these exports. */
async function shippedFiles(...names: string[]): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: `export { ${names.join(", ")} } from "./index.js";`, resolveDir: here, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    metafile: true,
    outdir: "out",
    jsx: "automatic",
    logLevel: "silent",
    external: ["react", "react/*", "@tanstack/react-query"],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => basename(path));
}

const elsewhere =
  /^(useExec|createCommandRunner|outputTail|streamCommand|useFiles?|use(Write|Upload|Download|Delete|Rename)File|useCreateFolder|fileMutations|createFiles|useUsage|createUsage|sandboxQueries|optimisticChanges|SandboxStatus|SandboxReady)\./;

test("a page that uses only readiness ships no exec, files or usage code", async () => {
  const shipped = await shippedFiles("MiosaProvider", "useSandboxReadiness");
  expect(shipped).toContain("useSandboxReadiness.ts");
  expect(shipped.filter((file) => elsewhere.test(file))).toEqual([]);
});

test("a page that uses all of it ships all of it", async () => {
  const shipped = await shippedFiles("MiosaProvider", "useExec", "useFiles", "useUsage");
  expect(shipped).toEqual(expect.arrayContaining(["useExec.ts", "useFiles.ts", "useUsage.ts", "sandboxQueries.ts"]));
});
