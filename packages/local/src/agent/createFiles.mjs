import { constants } from "node:fs";
import { chmod, cp, lstat, mkdir, open, rename, rm, rmdir, unlink } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { basename, dirname, join, posix } from "node:path";
import { createBoxPaths, safeFlags } from "./boxPaths.mjs";
import { BoxFileError, toFileError } from "./fileError.mjs";
import { describe, listEntries, readTree } from "./listFiles.mjs";
import { isPartName, partName } from "./partName.mjs";
import { watchFiles } from "./watchFiles.mjs";

/** @import { BoxFiles, BoxFile } from "../drivers/boxFiles.js" */
/** @import { FoundPath, Places } from "./boxPaths.mjs" */

const pieceBytes = 64 * 1_024;

/**
 * Files below `places`, which are directories by the name that a box gives them. The same code works on the host for boxes without
 * isolation, and inside a box for the others, where the kernel keeps everything else out of reach.
 * @param {Places} places
 * @returns {BoxFiles}
 */
export function createFiles(places) {
  const paths = createBoxPaths(places);

  /** @param {string} path */
  async function stat(path) {
    return run(path, async () => describe(await paths.target(path)));
  }

  /**
   * @param {string} path
   * @param {number} mode
   */
  async function makeParents(path, mode) {
    const { host, missing } = await paths.missingParents(posix.dirname(posix.resolve("/workspace", path)));
    let directory = host;
    for (const name of missing) {
      directory = join(directory, name);
      await mkdir(directory, { mode }).catch(existsAlready);
    }
  }

  return {
    stat,

    list: (path, { depth = 1 } = {}) => run(path, async () => listEntries(await paths.target(path), depth)),

    tree: (path, { depth = 3, includeHidden = false } = {}) =>
      run(path, async () => readTree(await paths.target(path), depth, includeHidden)),

    read: (path, { offset = 0, length = Infinity, signal } = {}) =>
      run(path, async () => {
        const found = await paths.target(path);
        const handle = await open(found.host, constants.O_RDONLY | safeFlags);
        try {
          const file = await describe(found);
          if (file.kind === "directory") throw new BoxFileError("IS_A_DIRECTORY", path);
          if (!(await handle.stat()).isFile()) throw new BoxFileError("NOT_A_FILE", path);
          return { file, pieces: readPieces(handle, path, offset, length, signal) };
        } catch (error) {
          await handle.close();
          throw error;
        }
      }),

    write: (path, content, { parents = false, mode = 0o644, maxBytes = Infinity, signal } = {}) =>
      run(path, async () => {
        if (path.endsWith("/")) throw new BoxFileError("IS_A_DIRECTORY", path);
        if (parents) await makeParents(path, 0o755);
        const found = await paths.destination(path);
        if (found.isPlace) throw new BoxFileError("IS_A_DIRECTORY", path);
        const there = await lstat(found.host).catch(() => undefined); // a new file is the usual case
        if (there?.isDirectory()) throw new BoxFileError("IS_A_DIRECTORY", path);
        if (there && !there.isFile()) throw new BoxFileError("NOT_A_FILE", path);
        await replaceFile(found.host, path, content, { mode: there ? there.mode & 0o7777 : mode, maxBytes, ...(signal && { signal }) });
        return describe(found);
      }),

    mkdir: (path, { parents = false, mode = 0o755 } = {}) =>
      run(path, async () => {
        if (parents) await makeParents(path, 0o755);
        const found = await paths.entry(path);
        if (!(await makeDirectory(found, mode)) && !(parents && (await stat(path)).kind === "directory")) {
          throw new BoxFileError("ALREADY_EXISTS", path);
        }
        return stat(path);
      }),

    rename: (from, to) =>
      run(from, async () => {
        const [source, target] = [await paths.entry(from), await paths.entry(to)];
        refusePlaces(source, target);
        if (target.host === source.host || target.host.startsWith(`${source.host}/`)) {
          throw new BoxFileError("INVALID_PATH", to, "A directory cannot be moved into itself.");
        }
        await rename(source.host, target.host).catch((/** @type {unknown} */ error) => moveAcross(error, source.host, target.host));
        return describe(target);
      }),

    copy: (from, to, { recursive = false } = {}) =>
      run(from, async () => {
        const [source, target] = [await paths.target(from), await paths.destination(to)];
        if (target.isPlace) throw new BoxFileError("FORBIDDEN_PATH", to);
        if (target.host.startsWith(`${source.host}/`) || target.host === source.host) {
          throw new BoxFileError("INVALID_PATH", to, "Nothing can be copied into itself.");
        }
        if (!recursive && (await lstat(source.host)).isDirectory()) throw new BoxFileError("IS_A_DIRECTORY", from);
        await cp(source.host, target.host, { recursive, errorOnExist: false, verbatimSymlinks: true, filter: isCopied });
        return describe(target);
      }),

    remove: (path, { recursive = false } = {}) =>
      run(path, async () => {
        const found = await paths.entry(path);
        refusePlaces(found);
        const isDirectory = (await lstat(found.host)).isDirectory();
        if (recursive) await rm(found.host, { recursive: true });
        else await (isDirectory ? rmdir(found.host) : unlink(found.host));
      }),

    chmod: (path, mode) =>
      run(path, async () => {
        const found = await paths.target(path);
        await chmod(found.host, mode & 0o777);
        return describe(found);
      }),

    watch: (path, options) => run(path, async () => watchFiles(await paths.target(path), options)),
  };
}

/**
 * @template Result
 * @param {string} path
 * @param {() => Promise<Result>} operation
 * @returns {Promise<Result>}
 */
async function run(path, operation) {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    throw toFileError(error, path);
  }
}

/** @param {FoundPath[]} found */
function refusePlaces(...found) {
  for (const { isPlace, path } of found) if (isPlace) throw new BoxFileError("FORBIDDEN_PATH", path);
}

/**
 * @param {FoundPath} found
 * @param {number} mode
 * @returns {Promise<boolean>} false when it is there already
 */
async function makeDirectory(found, mode) {
  try {
    await mkdir(found.host, { mode: mode & 0o777 });
    return true;
  } catch (error) {
    existsAlready(error);
    return false;
  }
}

/** @param {unknown} error */
function existsAlready(error) {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

/**
 * A rename between two file systems, such as `/tmp` and `/workspace`, is a copy and a removal.
 * @param {unknown} error
 * @param {string} from
 * @param {string} to
 */
async function moveAcross(error, from, to) {
  if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) throw error;
  await cp(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  await rm(from, { recursive: true });
}

/**
 * Pipes, sockets and devices are left out of a copy: opening one can wait for ever.
 * @param {string} source
 */
async function isCopied(source) {
  const there = await lstat(source);
  return (there.isFile() || there.isDirectory() || there.isSymbolicLink()) && !isPartName(basename(source));
}

/**
 * @param {import("node:fs/promises").FileHandle} handle
 * @param {string} path
 * @param {number} offset
 * @param {number} length
 * @param {AbortSignal | undefined} signal
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* readPieces(handle, path, offset, length, signal) {
  let [position, left] = [offset, length];
  try {
    while (left > 0) {
      signal?.throwIfAborted();
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, left));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw toFileError(error, path);
  } finally {
    await handle.close();
  }
}

/**
 * @param {string} host
 * @param {string} path
 * @param {Uint8Array | AsyncIterable<Uint8Array>} content
 * @param {{ mode: number, maxBytes: number, signal?: AbortSignal }} options
 */
async function replaceFile(host, path, content, { mode, maxBytes, signal }) {
  const part = join(dirname(host), partName(randomBytes(9).toString("base64url")));
  const handle = await open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | safeFlags, mode & 0o777);
  try {
    let written = 0;
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      signal?.throwIfAborted();
      written += piece.byteLength;
      if (written > maxBytes) throw new BoxFileError("TOO_LARGE", path);
      await handle.writeFile(piece);
    }
    signal?.throwIfAborted();
    await handle.chmod(mode & 0o777);
    await handle.close();
    await rename(part, host);
  } catch (error) {
    await handle.close().catch(() => {}); // closed already when it was the rename that failed
    await rm(part, { force: true });
    throw error;
  }
}
