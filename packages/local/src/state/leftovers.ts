import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createProcessScan } from "../drivers/processScan.js";
import { removeTree } from "../drivers/removeTree.js";
import type { BoxMarks } from "../sandboxes/lifeCycle.js";
import { endsWithServer } from "../sandboxes/sandboxRecord.js";
import type { SavedSandbox } from "./savedSandbox.js";
import type { StateDirectory } from "./stateDirectory.js";

/** Marks of boxes as files of their own. */
export function createBoxMarks({ marks }: StateDirectory): BoxMarks {
  return {
    mark: (keptAs) => writeFile(join(marks, keptAs), "", { mode: 0o600 }),
    unmark: (keptAs) => rm(join(marks, keptAs), { force: true }),
  };
}

/** True for a sandbox that the next server still has. One that was being destroyed is not, and neither is one that ends with its server. */
export function outlives(saved: SavedSandbox): boolean {
  return saved.status !== "destroying" && !endsWithServer(saved);
}

/**
 * Ends the processes that a killed server has left, and removes the directories that belong to no sandbox: boxes that were half made,
 * half destroyed, or booted ahead. A box that holds a sandbox's files, as its mark tells, but that no record names is set aside.
 * Returns what was set aside.
 */
export async function removeLeftovers(directory: StateDirectory, saved: readonly SavedSandbox[]): Promise<readonly string[]> {
  const marks = createBoxMarks(directory);
  for (const { box } of saved.filter((each) => !outlives(each))) if (box !== undefined) await marks.unmark(box);
  const kept = saved.filter(outlives);
  await endProcesses(directory, saved);

  const setAside: string[] = [];
  const putAside = async (place: string, name: string): Promise<void> => {
    const target = join(directory.setAside, name);
    await rename(join(place, name), target);
    setAside.push(target);
  };
  const marked = new Set(await readdir(directory.marks));
  const boxes = new Set(kept.map(({ box }) => box));
  for (const name of (await readdir(directory.boxes)).filter((each) => !boxes.has(each))) {
    if (marked.has(name)) await putAside(directory.boxes, name);
    else await removeTree(join(directory.boxes, name));
  }
  const files = new Set(kept.flatMap(({ native, filesFrom }) => [...native.snapshots.map((snapshot) => snapshot.directory), filesFrom?.directory]));
  for (const name of (await readdir(directory.saved)).filter((each) => !files.has(each))) {
    // Records were lost, so these may be of their snapshots.
    if (setAside.length > 0) await putAside(directory.saved, name);
    else await removeTree(join(directory.saved, name));
  }
  for (const name of marked) if (!boxes.has(name)) await marks.unmark(name);
  for (const { box } of kept) if (box !== undefined) await marks.mark(box);
  return setAside;
}

/** Where nothing isolates, and for a moment elsewhere too, commands outlive a server that was killed. */
async function endProcesses(directory: StateDirectory, saved: readonly SavedSandbox[]): Promise<void> {
  const scan = createProcessScan();
  const names = new Map((await readdir(directory.boxes)).map((name) => [name, name])); // where nothing isolates, a box is named by its sandbox
  for (const { id, box } of saved) if (box !== undefined) names.set(box, id);
  await Promise.all([...names].map(([box, id]) => scan.killAll(id, join(directory.boxes, box))));
}
