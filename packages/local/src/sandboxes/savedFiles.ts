import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Life } from "./life.js";

/**
 * Copies the files that a sandbox has now into a new directory below the scratch: of a running, paused or stopped one, or those that
 * its first boot is to start from. Undefined when it has none yet.
 */
export async function saveFiles(life: Life, scratch: () => Promise<string>): Promise<string | undefined> {
  await life.stopping;
  const { box, isWhole, filesFrom } = life;
  if (!isWhole && !filesFrom) return undefined;
  const directory = await mkdtemp(join(await scratch(), "files-"));
  try {
    if (isWhole) await box?.saveFiles(directory);
    else if (filesFrom) await cp(filesFrom.directory, directory, { recursive: true, verbatimSymlinks: true });
    return directory;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
