import { watch } from "node:fs";
import { join, posix } from "node:path";
import { describe, listEntries } from "./listFiles.mjs";
import { BoxFileError } from "./fileError.mjs";

/** @import { BoxFile, BoxWatchOptions } from "../drivers/boxFiles.js" */
/** @import { FoundPath } from "./boxPaths.mjs" */

const maxDirectories = 2_000;

/** Changes that come together are looked at together, this long after the first. */
const gatherMs = 25;

/**
 * Watches a directory, or one file. The system only tells that something happened in a directory, so what did is found by comparing.
 * @param {FoundPath} root
 * @param {BoxWatchOptions} options
 * @returns {Promise<void>}
 */
export async function watchFiles(root, options) {
  const { recursive = false, signal, onStarted } = options;
  const file = await describe(root);
  const base = file.kind === "directory" ? root : { path: posix.dirname(root.path), host: join(root.host, "..") };
  /** @param {BoxFile} entry */
  const isShown = (entry) => file.kind === "directory" || entry.path === root.path;

  /** @type {Map<string, Watched>} */
  const watched = new Map();
  /** @type {Set<string>} */
  const dirty = new Set();
  /** @type {((error: unknown) => void) | undefined} */
  let fail;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let looking = Promise.resolve();
  const failed = new Promise((_, reject) => (fail = reject));
  failed.catch(() => {}); // awaited below, and not always in time

  /** @param {string} path */
  function onEvent(path) {
    dirty.add(path);
    timer ??= setTimeout(() => {
      timer = undefined;
      looking = looking.then(lookAgain).catch((/** @type {unknown} */ error) => fail?.(error));
    }, gatherMs);
  }

  /**
   * @param {{ path: string, host: string }} directory
   * @param {boolean} isNew whether what is in it is told as created
   */
  async function add(directory, isNew) {
    if (watched.has(directory.path)) return;
    if (watched.size >= maxDirectories) throw new BoxFileError("TOO_MANY", directory.path);
    const watcher = watch(directory.host, () => onEvent(directory.path));
    watcher.on("error", () => onEvent(directory.path)); // the directory is gone, which looking again finds out
    /** @type {Watched} */
    const entry = { directory, entries: new Map(), close: () => watcher.close() };
    watched.set(directory.path, entry);
    await compare(entry, isNew);
  }

  /**
   * @param {Watched} entry
   * @param {boolean} isTold
   */
  async function compare(entry, isTold) {
    const now = await listEntries(entry.directory, 1).catch(() => undefined); // removed as a whole
    const seen = new Map((now ?? []).map((each) => [each.path, each]));
    for (const [path, before] of entry.entries) {
      if (!seen.has(path)) {
        entry.entries.delete(path);
        forget(path);
        if (isTold && isShown(before)) options.onChange({ type: "deleted", path, kind: before.kind });
      }
    }
    for (const [path, each] of seen) {
      const before = entry.entries.get(path);
      entry.entries.set(path, each);
      const isChanged = before && (before.modifiedAtMs !== each.modifiedAtMs || before.sizeBytes !== each.sizeBytes || before.kind !== each.kind);
      if (isTold && isShown(each) && (!before || (isChanged && each.kind !== "directory"))) {
        options.onChange({ type: before ? "modified" : "created", path, kind: each.kind, sizeBytes: each.sizeBytes });
      }
      if (recursive && each.kind === "directory") await add({ path, host: join(entry.directory.host, each.name) }, isTold);
    }
    if (!now) {
      entry.close();
      watched.delete(entry.directory.path);
    }
  }

  /** @param {string} path */
  function forget(path) {
    for (const [each, entry] of watched) {
      if (each !== path && !each.startsWith(`${path}/`)) continue;
      entry.close();
      watched.delete(each);
    }
  }

  async function lookAgain() {
    const paths = [...dirty];
    dirty.clear();
    for (const path of paths) {
      const entry = watched.get(path);
      if (entry) await compare(entry, true);
    }
  }

  const aborted = new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", resolve, { once: true });
  });
  try {
    await add(base, false);
    onStarted?.();
    await Promise.race([aborted, failed]);
  } finally {
    clearTimeout(timer);
    for (const { close } of watched.values()) close();
    watched.clear();
    await looking;
  }
}

/**
 * @typedef {object} Watched
 * @property {{ path: string, host: string }} directory
 * @property {Map<string, BoxFile>} entries as they were when last looked at
 * @property {() => void} close
 */
