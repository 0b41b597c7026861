import { constants } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, posix, sep } from "node:path";
import { BoxFileError, toFileError } from "./fileError.mjs";

/** @typedef {Readonly<Record<string, string>>} Places directories by the name that the box gives them */

/**
 * @typedef {object} FoundPath
 * @property {string} path as the box names it
 * @property {string} host where it lies, with every link on the way resolved
 * @property {boolean} isPlace true for `/workspace` itself and its like
 */

/** Flags that keep an open from following a link in the last step and from waiting for the other end of a pipe. */
export const safeFlags = constants.O_NOFOLLOW | constants.O_NONBLOCK;

const maxPathLength = 4_000;

/**
 * Finds paths below a box's places and refuses all others, also those that links lead to.
 * @param {Places} places
 */
export function createBoxPaths(places) {
  /** @param {string} path */
  function normalize(path) {
    if (path === "" || path.includes("\0") || path.length > maxPathLength) throw new BoxFileError("INVALID_PATH", path);
    const full = posix.resolve("/workspace", path);
    for (const [place, host] of Object.entries(places)) {
      if (full === place || full.startsWith(`${place}/`)) return { full, isPlace: full === place, host: join(host, full.slice(place.length)) };
    }
    throw new BoxFileError("FORBIDDEN_PATH", path);
  }

  /**
   * @param {string} host
   * @param {string} path
   */
  async function checkInside(host, path) {
    for (const place of Object.values(places)) {
      const root = await realpath(place);
      if (host === root || host.startsWith(root + sep)) return;
    }
    throw new BoxFileError("FORBIDDEN_PATH", path);
  }

  return {
    /**
     * The path itself, whose last step may be a link or missing: for removing, renaming, creating.
     * @param {string} path
     * @returns {Promise<FoundPath>}
     */
    async entry(path) {
      const { full, isPlace, host } = normalize(path);
      try {
        const parent = await realpath(isPlace ? host : dirname(host));
        const found = isPlace ? parent : join(parent, basename(host));
        await checkInside(isPlace ? found : parent, path);
        return { path: full, host: found, isPlace };
      } catch (error) {
        throw toFileError(error, path);
      }
    },
    /**
     * What the path leads to, links followed: for reading, listing and overwriting.
     * @param {string} path
     * @returns {Promise<FoundPath>}
     */
    async target(path) {
      const { full, isPlace, host } = normalize(path);
      try {
        const found = await realpath(host);
        await checkInside(found, path);
        return { path: full, host: found, isPlace };
      } catch (error) {
        throw toFileError(error, path);
      }
    },
    /**
     * Where a file is to be written: the target of a link that is there, or the path itself when nothing is.
     * @param {string} path
     * @returns {Promise<FoundPath>}
     */
    async destination(path) {
      const entry = await this.entry(path);
      const there = await lstat(entry.host).catch(() => undefined); // nothing there is what is hoped for
      // A link to nothing is refused by this too: writing through it would create what it points at.
      return there?.isSymbolicLink() ? this.target(path) : entry;
    },
    /**
     * The directories that are missing above a path are not created through links that lead out: the nearest one that exists
     * decides. Returns the host's path of the directory and those still to be made, outermost first.
     * @param {string} path
     */
    async missingParents(path) {
      const { full } = normalize(path);
      /** @type {string[]} */
      const missing = [];
      for (let parent = full; ; parent = posix.dirname(parent)) {
        try {
          const { host } = await this.target(parent);
          return { host, missing };
        } catch (error) {
          if (!(error instanceof BoxFileError && error.code === "NOT_FOUND") || Object.hasOwn(places, parent)) throw error;
          missing.unshift(posix.basename(parent));
        }
      }
    },
  };
}
