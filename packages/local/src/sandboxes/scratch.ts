import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of the server's own, made when it is first asked for. */
export interface Scratch {
  directory(): Promise<string>;
  remove(): Promise<void>;
}

/** The scratch of a server that keeps it: what is in it is removed when it is no longer wanted, and by the next start. */
export function keptScratch(directory: string): Scratch {
  return { directory: async () => directory, remove: async () => {} };
}

/** Makes the scratch of one server below `dataDir`, or the system's temporary directory. */
export function createScratch(dataDir: string | undefined): Scratch {
  let made: Promise<string> | undefined;
  return {
    directory: () => (made ??= mkdtemp(join(dataDir ?? tmpdir(), "miosa-saved-"))),
    async remove() {
      if (made) await rm(await made, { recursive: true, force: true });
    },
  };
}
