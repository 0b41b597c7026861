// Holds what each package exports against the list that is committed beside it, so that the public surface never changes
// by accident. `--update` writes the lists anew.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync } from "vite";
import { root } from "./installMissing.mjs";
import { codeEntries, packageFolders } from "./packageList.mjs";

const update = process.argv.includes("--update");
let failures = 0;

for (const folder of packageFolders) {
  const listed = join(root, folder, "exports.txt");
  const actual = (await Promise.all(codeEntries(folder).map(describeEntry))).join("\n");
  if (update) {
    writeFileSync(listed, actual);
    continue;
  }
  const expected = existsSync(listed) ? readFileSync(listed, "utf8") : "";
  if (expected === actual) {
    console.log(`${folder}: ${actual.split("\n").filter((line) => line.startsWith("  ")).length} exports, as listed`);
    continue;
  }
  failures += 1;
  console.error(`${folder}: the exports differ from ${folder}/exports.txt`);
  for (const line of difference(expected, actual)) console.error(`  ${line}`);
}

if (failures > 0) console.error("If this is meant, write the lists anew: node scripts/checkExports.mjs --update");
process.exitCode = failures > 0 ? 1 : 0;

async function describeEntry({ specifier, js, types }) {
  const values = Object.keys(await import(pathToFileURL(js).href)).toSorted();
  const declared = declaredNames(types);
  const undeclared = values.filter((name) => !declared.has(name));
  if (undeclared.length > 0) throw new Error(`${specifier} exports ${undeclared.join(", ")} without a declaration`);
  const onlyTypes = [...declared].filter((name) => !values.includes(name)).toSorted();
  const lines = [...values.map((name) => `value ${name}`), ...onlyTypes.map((name) => `type ${name}`)];
  return [specifier, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

/** Names that a declaration file exports, those of `export *` included. */
function declaredNames(file, seen = new Set()) {
  const names = new Set();
  if (seen.has(file)) return names;
  seen.add(file);
  const { module, errors } = parseSync(file, readFileSync(file, "utf8"));
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  for (const { entries } of module.staticExports) {
    for (const { exportName, moduleRequest } of entries) {
      if (exportName.kind === "Name") names.add(exportName.name);
      else if (exportName.kind === "Default") names.add("default");
      else if (moduleRequest) {
        const target = join(dirname(file), moduleRequest.value.replace(/\.js$/, ".d.ts"));
        for (const name of declaredNames(target, seen)) names.add(name);
      }
    }
  }
  return names;
}

function difference(expected, actual) {
  const before = new Set(expected.split("\n"));
  const after = new Set(actual.split("\n"));
  const removed = [...before].filter((line) => !after.has(line)).map((line) => `- ${line.trim()}`);
  const added = [...after].filter((line) => !before.has(line)).map((line) => `+ ${line.trim()}`);
  return [...removed, ...added];
}
