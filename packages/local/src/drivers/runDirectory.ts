import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { chmod } from "node:fs/promises";
import { join } from "node:path";

/** The directory in which a driver keeps its boxes while the server runs. */
export interface RunDirectory {
  /** Makes it at the first call, after removing what servers that were killed have left beside it. */
  open(mode: number): Promise<string>;
  close(): Promise<void>;
}

const prefix = "miosa-local-";
const ownerName = "owner.json";

/** Makes run directories below `parent`, each with a note of the process that it belongs to. */
export function createRunDirectory(parent: string): RunDirectory {
  let opened: Promise<string> | undefined;

  async function openNow(mode: number): Promise<string> {
    await removeLeftovers(parent);
    const directory = await mkdtemp(join(parent, prefix));
    await writeFile(join(directory, ownerName), JSON.stringify({ pid: process.pid, startedAt: await startTime(process.pid) }), { mode: 0o600 });
    await chmod(directory, mode);
    return directory;
  }

  return {
    open: (mode) => (opened ??= openNow(mode)),
    async close() {
      const directory = await opened;
      opened = undefined;
      if (directory !== undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Removes run directories whose process is gone. Those of other users, and those without a note, are left alone. */
async function removeLeftovers(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const directory = join(parent, name);
    const note = await readFile(join(directory, ownerName), "utf8").catch(() => ""); // not ours to read, or not there yet
    const [, pid, startedAt] = /^\{"pid":(\d+),"startedAt":"([^"]*)"\}$/.exec(note) ?? [];
    if (pid === undefined || (await startTime(Number(pid))) === startedAt) continue;
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** When a process was started, so that another one that got its number later is not taken for it. Empty when there is none. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => ""); // ended, or no /proc
  if (stat !== "") return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  try {
    process.kill(pid, 0);
    return "running";
  } catch {
    return ""; // ended
  }
}
