// Holds what each package would publish against what belongs in it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { root } from "./installMissing.mjs";
import { packageFolders, readManifest } from "./packageList.mjs";

const metadata = ["name", "version", "description", "license", "author", "homepage", "repository", "bugs", "keywords", "engines"];
const strays = /\.(test|test-d)\.|(^|\/)(test|__screenshots__)\/|tsbuildinfo|(^|\/)exports\.txt$|(^|\/)tsconfig/;
let failures = 0;

for (const folder of packageFolders) {
  const manifest = readManifest(folder);
  const files = packedFiles(folder);
  const problems = [
    ...metadata.filter((member) => !manifest[member]).map((member) => `package.json has no ${member}`),
    ...["LICENSE", "README.md"].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.filter((file) => strays.test(file)).map((file) => `${file} is published`),
    ...builtFiles(manifest).filter((file) => !files.includes(file)).map((file) => `${file} is named in package.json and missing`),
    ...Object.keys(manifest.dependencies ?? {}).filter((name) => refusesNode(folder, name, manifest)).map((name) => `${name} wants a newer Node than engines says: installing it fails there`),
    ...files.filter((file) => file.endsWith(".js.map") && !sourcesOf(file).some((source) => files.includes(source))).map((file) => `${file} points to no source`),
  ];
  for (const problem of problems) console.error(`${folder}: ${problem}`);
  if (problems.length === 0) console.log(`${folder}: ${files.length} files`);
  failures += problems.length;
}

process.exitCode = failures > 0 ? 1 : 0;

function packedFiles(folder) {
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: join(root, folder),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm pack failed in ${folder}: ${stderr}`);
  return JSON.parse(stdout)[0].files.map(({ path }) => path);
}

/** True when a dependency's lowest Node is above the package's own; some package managers then refuse to install either. */
function refusesNode(folder, name, { engines }) {
  const paths = createRequire(join(root, folder, "package.json")).resolve.paths(name) ?? [];
  const file = paths.map((path) => join(path, name, "package.json")).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${name} is not installed for ${folder}`);
  const wanted = JSON.parse(readFileSync(file, "utf8")).engines?.node;
  return wanted !== undefined && !wanted.split("||").some((range) => isAtMost(lowest(range), lowest(engines.node)));
}

function lowest(range) {
  return (/\d+(\.\d+)*/.exec(range)?.[0] ?? "0").split(".").map(Number);
}

function isAtMost(one, other) {
  for (let part = 0; part < 3; part += 1) {
    const difference = (one[part] ?? 0) - (other[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

function builtFiles({ exports, bin }) {
  const targets = [...Object.values(exports).flatMap((target) => Object.values(target)), ...Object.values(bin ?? {})];
  return targets.filter((target) => typeof target === "string" && target.includes("dist/")).map((target) => posix.normalize(target));
}

function sourcesOf(map) {
  const stem = map.replace(/^dist\//, "src/").replace(/\.js\.map$/, "");
  return [`${stem}.ts`, `${stem}.tsx`];
}
