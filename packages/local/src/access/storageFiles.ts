import { BoxFileError } from "../agent/fileError.mjs";
import type { BoxFiles } from "../drivers/boxFiles.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { storageProblem, storageRoom, type StorageParts } from "./storage.js";

/** The files of a sandbox, into which no more is written than its end user may store. */
export function withinStorage(files: BoxFiles, { tenantId, attribution }: SandboxRecord, parts: StorageParts): BoxFiles {
  const userId = attribution.external_user_id;
  const roomLeft = (): Promise<number> => storageRoom(tenantId, userId, parts);

  /** Bytes of the file at a path; of one that is not there, none. */
  async function sizeAt(path: string): Promise<number> {
    try {
      return (await files.stat(path)).sizeBytes;
    } catch (error) {
      if (error instanceof BoxFileError) return 0;
      throw error;
    }
  }

  return {
    ...files,
    async write(path, content, options = {}) {
      const room = await roomLeft();
      if (room === Infinity) return files.write(path, content, options);
      const { maxBytes = Infinity } = options;
      const most = Math.max(0, room + (await sizeAt(path))); // what is replaced makes room
      if (content instanceof Uint8Array && content.byteLength > most) throw storageProblem(tenantId, userId, room, parts);
      try {
        return await files.write(path, content, { ...options, maxBytes: Math.min(most, maxBytes) });
      } catch (error) {
        const isOurs = error instanceof BoxFileError && error.code === "TOO_LARGE" && most < maxBytes;
        throw isOurs ? storageProblem(tenantId, userId, room, parts) : error;
      }
    },
    async copy(from, to, options) {
      const room = await roomLeft();
      if (room <= 0 || (room !== Infinity && (await sizeAt(from)) > room)) throw storageProblem(tenantId, userId, room, parts);
      return files.copy(from, to, options);
    },
  };
}
