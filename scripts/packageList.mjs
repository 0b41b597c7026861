import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./installMissing.mjs";

/** The packages that are published, in the order in which they depend on each other. */
export const packageFolders = ["packages/protocol", "packages/core", "packages/react", "packages/gateway", "packages/local"];

/** A package's manifest. */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

/** A package's code entries: `subpath` as in its exports map, and the built files. Data files such as package.json are left out. */
export function codeEntries(folder) {
  const { name, exports } = readManifest(folder);
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([subpath, target]) => ({
      specifier: name + subpath.slice(1),
      subpath,
      js: join(root, folder, target.default),
      types: join(root, folder, target.types),
    }));
}

/** True for entries that are meant for Node alone: the local server, and `…/node`. */
export function runsInNodeOnly(specifier) {
  return /^@miosa\/local(\/|$)/.test(specifier) || specifier.endsWith("/node");
}
