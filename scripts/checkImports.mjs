import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findViolations, readImports } from "./importRules.mjs";
import { root } from "./installMissing.mjs";
import { listFiles } from "./listFiles.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");
const files = ["packages", "apps"]
  .flatMap((folder) => listFiles(folder, /\.(ts|tsx)$/))
  .map((path) => ({ path, source: read(path) }));

const folders = [...new Set(files.map(({ path }) => path.split("/").slice(0, 2).join("/")))];
const manifests = Object.fromEntries(
  folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => [folder, JSON.parse(read(`${folder}/package.json`))]),
);

const violations = findViolations(files, manifests);
const imports = files.reduce((sum, { path, source }) => sum + readImports(path, source).length, 0);
for (const violation of violations) console.error(violation);
console.log(`${imports} imports in ${files.length} files: ${violations.length} against the import directions`);
process.exitCode = violations.length > 0 || imports === 0 ? 1 : 0;
