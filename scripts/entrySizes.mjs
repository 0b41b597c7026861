import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./installMissing.mjs";

/** What an app ships of us, by what it uses; `budgetBytes` holds for min+gzip. Peers of the hooks, and core in their size, are external. */
export const sizedEntries = [
  {
    name: "core: create, wait, exec",
    code: `import { createSandbox, createTransport, runCommand, waitUntilReady } from "@miosa/core";
      const transport = createTransport({ baseUrl: "/api/miosa" });
      const { id } = await createSandbox(transport, {});
      await waitUntilReady(transport, id);
      console.log(await runCommand(transport, id, { command: "echo hi" }));`,
    budgetBytes: 13_000,
  },
  {
    name: "core: the whole client",
    code: `import { createMiosaClient } from "@miosa/core";
      console.log(createMiosaClient({ baseUrl: "/api/miosa" }));`,
    budgetBytes: 26_000,
  },
  {
    name: "core: readiness only",
    code: `import { createTransport, waitUntilReady } from "@miosa/core";
      console.log(await waitUntilReady(createTransport({ baseUrl: "/api/miosa" }), "id"));`,
    budgetBytes: 12_000,
  },
  {
    name: "react: everything, without core and peers",
    code: `export * from "@miosa/react";`,
    external: ["@miosa/core", "react", "react/*", "react-dom", "@tanstack/react-query"],
    budgetBytes: 4_000,
  },
  {
    name: "react: everything, with the whole client, without peers",
    code: `export * from "@miosa/react"; export { createMiosaClient } from "@miosa/core";`,
    external: ["react", "react/*", "react-dom", "@tanstack/react-query"],
    budgetBytes: 34_000,
  },
  {
    name: "react: readiness only, without core and peers",
    code: `export { MiosaProvider, useSandboxReadiness } from "@miosa/react";`,
    external: ["@miosa/core", "react", "react/*", "react-dom", "@tanstack/react-query"],
    budgetBytes: 2_000,
  },
  {
    name: "gateway",
    code: `export { createGateway } from "@miosa/gateway";`,
    budgetBytes: 20_000,
  },
];

/** Bundles code that imports the built packages, minifies it and compresses it. Sizes are in bytes. */
export async function measureSize({ code, external = [] }) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external,
    logLevel: "silent",
  });
  const min = outputFiles[0].contents;
  return {
    minBytes: min.length,
    gzipBytes: gzipSync(min, { level: 9 }).length,
    brotliBytes: brotliCompressSync(min, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  };
}
