import { chmod, lstat, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createApiKey, isApiKey } from "../apiKeys.js";
import { canOthersReach } from "../drivers/sharedFiles.js";
import { isObject } from "../isObject.js";
import { LocalStateError } from "./localStateError.js";

/** Places in a state directory. */
export interface StateDirectory {
  readonly path: string;
  /** The database of what is written down. */
  readonly database: string;
  /** A directory for each box. */
  readonly boxes: string;
  /** Saved files: of snapshots, and of copies that are still to boot. */
  readonly saved: string;
  /** An empty file for each box of which a client was told that it holds files. */
  readonly marks: string;
  /** What no record names although it was marked: never removed. */
  readonly setAside: string;
}

/** The version of all that is written in a state directory. */
const version = 1;
const formatName = "format.json";
const keyName = "api-key";
const isRoot = process.getuid?.() === 0;

/** Makes a state directory, or looks whether one that is there is this version's and this user's. Throws a {@link LocalStateError}. */
export async function openStateDirectory(given: string): Promise<StateDirectory> {
  const path = resolve(given);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await checkOwner(path);
  await checkFormat(path);
  const places = { database: join(path, "db"), boxes: join(path, "boxes"), saved: join(path, "saved"), marks: join(path, "kept"), setAside: join(path, "set-aside") };
  for (const place of Object.values(places)) await mkdir(place, { recursive: true, mode: 0o700 });
  return { path, ...places };
}

/**
 * Keeps others out of a state directory. With `forOwnUsers`, the users that a root server gives to its boxes may pass through, without
 * seeing what there is. Throws a {@link LocalStateError} when they cannot get as far as that.
 */
export async function closeToOthers({ path, boxes }: StateDirectory, { forOwnUsers }: { forOwnUsers: boolean }): Promise<void> {
  const isPassable = isRoot && forOwnUsers;
  for (const passed of [path, boxes]) await chmod(passed, isPassable ? 0o711 : 0o700);
  if (!isPassable || (await canOthersReach(path))) return;
  throw new LocalStateError(
    "STATE_UNREACHABLE",
    `Sandboxes run as users of their own, who cannot reach the state directory ${path}. Let others pass through all directories above it (chmod o+x), choose another one, or start the server as another user than root.`,
  );
}

/** The key that the directory's servers accept; made when there is none. */
export async function keptApiKey({ path }: StateDirectory): Promise<string> {
  const file = join(path, keyName);
  const kept = await readIfThere(file);
  if (kept === undefined) {
    const key = createApiKey();
    await writeWhole(file, `${key}\n`);
    return key;
  }
  await chmod(file, 0o600);
  if (isApiKey(kept.trim())) return kept.trim();
  throw new LocalStateError("STATE_CORRUPT", `${file} holds no API key. Put the key back, or remove the file for a fresh one, which sees none of the sandboxes of the old one.`);
}

async function checkOwner(path: string): Promise<void> {
  const { uid } = await lstat(path);
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  throw new LocalStateError("STATE_OWNER", `The state directory ${path} belongs to the user with the number ${uid}, and this server runs as ${own}. Start it as that user, or choose another directory.`);
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, formatName);
  const text = await readIfThere(file);
  if (text !== undefined) return checkVersion(path, text);
  const others = (await readdir(path)).filter((name) => !name.startsWith(formatName)); // of a start that was killed
  if (others.length > 0) {
    throw new LocalStateError("STATE_FORMAT", `${path} holds files and is no state directory (there is no ${formatName} in it). Choose an empty or a new directory.`);
  }
  await writeWhole(file, `${JSON.stringify({ format: "miosa-local-state", version })}\n`);
}

function checkVersion(path: string, text: string): void {
  const format = parsed(text);
  if (!isObject(format) || format["format"] !== "miosa-local-state") {
    throw new LocalStateError("STATE_FORMAT", `${join(path, formatName)} is not of a state directory. Choose another directory.`);
  }
  if (format["version"] === version) return;
  throw new LocalStateError(
    "STATE_FORMAT",
    `The state directory ${path} is of version ${String(format["version"])}, and this server knows version ${version} alone. Use the version of @miosa/local that made it, choose another directory, or remove this one with all its sandboxes.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which is no format either
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A file that is there with all its content or not at all, whenever the process is killed. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, file);
}
