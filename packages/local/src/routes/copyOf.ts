import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CreateFields, SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { RouteParts } from "./localRoute.js";

/** Makes a new sandbox with the files that a running or stopped one has now. */
export async function copyOf(record: SandboxRecord, fields: CreateFields, parts: RouteParts): Promise<SandboxRecord> {
  const directory = await saveFiles(record, parts);
  const copy = parts.store.create(record.tenantId, fields, directory);
  if (directory !== undefined) removeWhenBooted(copy, directory, parts);
  return copy;
}

/** Copies a running sandbox's files into a new directory; undefined when it has none yet. */
export async function saveFiles(record: SandboxRecord, parts: RouteParts): Promise<string | undefined> {
  const box = parts.store.boxOf(record);
  if (!box) return undefined;
  const directory = await mkdtemp(join(await parts.scratch(), "files-"));
  try {
    await box.saveFiles(directory);
    return directory;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

function removeWhenBooted(copy: SandboxRecord, directory: string, parts: RouteParts): void {
  const callOff = parts.store.onStatus(copy, () => {
    if (copy.status === "creating") return;
    callOff();
    void rm(directory, { recursive: true, force: true });
  });
}
