import { packageFolders } from "./packageList.mjs";

/**
 * What `npm test` does, in order. `part` is the name for `--only`. A `commands` entry is a program of node_modules/.bin, or
 * `node`, and its arguments; a `quiet` one shows its output only when it fails. `vitest` holds the names of test projects.
 * A step that is `onlyInCi` runs with CI set, or when it is asked for by name.
 */
export const steps = [
  { part: "types", title: "Types and build", commands: [["node", "scripts/build.mjs"]] },
  {
    part: "lint",
    title: "Lint",
    commands: [["oxlint", "--type-aware", "--deny-warnings", "packages", "apps", "bench", "scripts", "test", "docs/recipes", "vite.config.ts"]],
  },
  { part: "lint", title: "Unused files and dependencies", commands: [["knip", "--no-progress", "--no-config-hints"]] },
  { part: "imports", title: "Import directions", commands: [["node", "scripts/checkImports.mjs"]] },
  { part: "unit", title: "Tests in Node, jsdom and workerd", vitest: ["node", "dom", "dom-react18", "workerd"], needsBubblewrap: true, needsPrograms: true },
  { part: "browser", title: "Tests in Chromium", vitest: ["chromium"], needsChromium: true },
  { part: "e2e", title: "End-to-end tests", vitest: ["e2e"], needsChromium: true, needsBubblewrap: true },
  {
    part: "packages",
    title: "Packages by publint",
    quiet: true,
    commands: packageFolders.map((folder) => ["publint", folder, "--strict"]),
  },
  {
    part: "packages",
    title: "Types as others resolve them, by attw",
    quiet: true,
    commands: packageFolders.map((folder) => ["attw", "--profile", "esm-only", "--pack", folder]),
  },
  { part: "packages", title: "Published files", commands: [["node", "scripts/checkPacked.mjs"]] },
  { part: "packages", title: "Lists of exports", commands: [["node", "scripts/checkExports.mjs"]] },
  { part: "docs", title: "Programs in the documentation", commands: [["node", "scripts/checkDocs.mjs"]] },
  { part: "docs", title: "Doc comments of exports", commands: [["node", "scripts/apiReference.mjs", "--check"]] },
  { part: "packages", title: "Built import graph", commands: [["node", "scripts/checkImportGraph.mjs"]] },
  { part: "packages", title: "No side effects at import", commands: [["node", "scripts/checkSideEffects.mjs"]] },
  {
    part: "runtimes",
    title: "One behaviour in every runtime",
    commands: [["node", "scripts/testRuntimes.mjs"]],
    needsChromium: true,
    onlyInCi: true,
  },
  { part: "size", title: "Size budgets", commands: [["node", "scripts/checkSize.mjs"]] },
];
