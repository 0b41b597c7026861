import { execFile } from "node:child_process";
import { lstat, rm } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * Removes a directory that a sandbox has written to: with directories that nobody may enter, and nested deeper than a path can
 * be long. Links are not followed.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // The tools walk from directory to directory and so know no longest path.
    const run = promisify(execFile);
    await run("chmod", ["-R", "u+rwX", "--", directory], { env: { PATH: "/usr/bin:/bin" } });
    await run("rm", ["-rf", "--one-file-system", "--", directory], { env: { PATH: "/usr/bin:/bin" } });
  }
  if (await isThere(directory)) throw new Error("The sandbox's directory could not be removed.");
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}
