import { lstat, readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { BoxFileError } from "./fileError.mjs";
import { isPartName } from "./partName.mjs";

/** @import { BoxFile, BoxTree } from "../drivers/boxFiles.js" */
/** @import { FoundPath } from "./boxPaths.mjs" */

/** More entries than this in one answer are an error and not a half answer. */
const maxEntries = 50_000;

/**
 * Looks at one path without following a link in its last step.
 * @param {Pick<FoundPath, "path" | "host">} found
 * @returns {Promise<BoxFile>}
 */
export async function describe({ path, host }) {
  const there = await lstat(host);
  return {
    path,
    name: posix.basename(path),
    kind: there.isFile() ? "file" : there.isDirectory() ? "directory" : there.isSymbolicLink() ? "symlink" : "other",
    sizeBytes: there.size,
    mode: there.mode & 0o7777,
    modifiedAtMs: Math.round(there.mtimeMs),
  };
}

/**
 * The entries of a directory and, with `depth` above 1, of those below it. Links are shown and not followed.
 * @param {Pick<FoundPath, "path" | "host">} directory
 * @param {number} depth
 * @returns {Promise<readonly BoxFile[]>}
 */
export async function listEntries(directory, depth) {
  /** @type {BoxFile[]} */
  const entries = [];
  await walk(directory, depth, entries);
  return entries;
}

/**
 * @param {Pick<FoundPath, "path" | "host">} directory
 * @param {number} depth
 * @param {BoxFile[]} entries
 */
async function walk(directory, depth, entries) {
  for (const found of await childrenOf(directory)) {
    const entry = await describe(found).catch(gone);
    if (!entry) continue;
    entries.push(entry);
    if (entries.length > maxEntries) throw new BoxFileError("TOO_MANY", directory.path);
    if (entry.kind === "directory" && depth > 1) await walk(found, depth - 1, entries);
  }
}

/**
 * @param {Pick<FoundPath, "path" | "host">} found
 * @param {number} depth
 * @param {boolean} includeHidden
 * @returns {Promise<BoxTree>}
 */
export async function readTree(found, depth, includeHidden) {
  return branch(found, depth, includeHidden, { left: maxEntries });
}

/**
 * @param {Pick<FoundPath, "path" | "host">} found
 * @param {number} depth
 * @param {boolean} includeHidden
 * @param {{ left: number }} budget
 * @returns {Promise<BoxTree>}
 */
async function branch(found, depth, includeHidden, budget) {
  budget.left -= 1;
  if (budget.left < 0) throw new BoxFileError("TOO_MANY", found.path);
  const file = await describe(found);
  if (file.kind !== "directory" || depth < 1) return file;
  /** @type {BoxTree[]} */
  const children = [];
  for (const child of await childrenOf(found)) {
    if (!includeHidden && posix.basename(child.path).startsWith(".")) continue;
    const below = await branch(child, depth - 1, includeHidden, budget).catch(gone);
    if (below) children.push(below);
  }
  const rank = (/** @type {BoxFile} */ { kind }) => (kind === "directory" ? 0 : 1);
  return { ...file, children: children.toSorted((a, b) => rank(a) - rank(b)) };
}

/** @param {Pick<FoundPath, "path" | "host">} directory */
async function childrenOf({ path, host }) {
  const names = (await readdir(host)).filter((name) => !isPartName(name)).toSorted();
  return names.map((name) => ({ path: posix.join(path, name), host: join(host, name) }));
}

/**
 * What was removed between listing and looking is not there any more.
 * @param {unknown} error
 */
function gone(error) {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES")) return undefined;
  throw error;
}
