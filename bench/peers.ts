// What creating a sandbox from a page costs in bytes, beside the peers. Needs `npm run build`. The peers' figures were measured once, on
// 2026-11-23, with the same esbuild flags and gzip -9, from the packages as npm served them: they are quoted, not measured here.
import { measureSize, sizedEntries } from "../scripts/entrySizes.mjs";
import { writeSection } from "./lib/results.js";

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/** Create, run a command and delete, bundled for a browser: bytes minified and gzipped, or why there are none. */
const peers: readonly [name: string, gzip: number | string, inPage: string][] = [
  ["@blaxel/core", 135_914, "imports, and sends the create request"],
  ["@daytonaio/sdk", 138_140, "not tried"],
  ["@daytona/sdk", 140_878, "throws on import in a plain Vite build: Buffer is not defined"],
  ["e2b", "does not build: node:fs", "105.5 kB with Vite's stubs, and then sends its request"],
  ["@runloop/api-client", "does not build: node:fs/promises", "33.3 kB with Vite's stubs for REST alone, and then sends its request"],
  ["@codesandbox/sdk", "does not build: module", "throws on import with Vite's stubs"],
  ["@vercel/sandbox", "does not build: node:fs/promises", "throws on import with Vite's stubs"],
  ["@deno/sandbox", "does not build: node:process", "throws on import with Vite's stubs"],
  ["@cloudflare/sandbox", "does not build: cloudflare:workers", "does not build"],
  ["modal", "does not build: events", "throws on import with Vite's stubs"],
];

const entry = sizedEntries.find(({ name }) => name === "core: create, wait, exec");
if (!entry) throw new Error("The entry to measure is gone");
const { gzipBytes } = await measureSize(entry);
writeSection({
  name: "peers",
  title: "Size beside the peers",
  method:
    "A program that creates a sandbox, runs a command and is done, bundled and minified by esbuild for a browser with everything it needs, gzip -9. Ours is measured here and also waits for readiness; the peers' figures were measured on 2026-11-23 and are quoted.",
  table: [
    ["client", "min + gzip", "in a page"],
    ["@miosa/core", kilobytes(gzipBytes), "imports, and works"],
    ...peers.map(([name, gzip, inPage]) => [name, typeof gzip === "number" ? kilobytes(gzip) : gzip, inPage]),
  ],
  verdict: `The smallest peer that can create a sandbox from an ordinary browser bundle weighs ${kilobytes(135_914)}: ${(135_914 / gzipBytes).toFixed(1)} times ours.`,
});
