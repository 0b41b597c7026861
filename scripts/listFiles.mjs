import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./installMissing.mjs";

const leftOut = new Set(["node_modules", "dist", "coverage", ".wrangler", ".git"]);

/**
 * Files under `folder` whose name matches, as paths relative to the root with `/`, sorted; nothing when the folder is not
 * there. Installed and built files are left out, save for folders named in `include`.
 */
export function listFiles(folder, name, include = []) {
  if (!existsSync(join(root, folder))) return [];
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!leftOut.has(entry.name) || include.includes(entry.name)) found.push(...listFiles(path, name, include));
    } else if (name.test(entry.name)) {
      found.push(path);
    }
  }
  return found.toSorted();
}
