import { access, chmod, constants, copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import type { SharedFiles } from "./launcher.js";
import { innerId } from "./launcher.js";
import { createSeccompFilter, hasSeccompFilter } from "./seccompFilter.js";

/** Writes what every box of a server sees into a directory that boxes may read: the agent, and a few small files. */
export async function writeSharedFiles(directory: string, withSeccomp: boolean): Promise<SharedFiles> {
  await mkdir(directory, { mode: 0o755 });
  const agentDirectory = join(directory, "agent");
  await mkdir(agentDirectory, { mode: 0o755 });
  const source = agentSource();
  // Copied, since the package may lie where the box's user cannot go, such as below root's home.
  const names = (await readdir(source)).filter((name) => name.endsWith(".mjs"));
  await Promise.all(names.map((name) => copyReadable(join(source, name), join(agentDirectory, name), 0o444)));
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content);
    await chmod(path, 0o444);
    return path;
  };
  return {
    agentDirectory,
    passwd: await write("passwd", `root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nuser:x:${innerId}:${innerId}:user:/home/user:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`),
    group: await write("group", `root:x:0:\nuser:x:${innerId}:\nnogroup:x:65534:\n`),
    hosts: await write("hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"),
    nsswitch: await write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ...(withSeccomp && { seccomp: await write("seccomp", seccompFilter()) }),
    node: await usableNode(directory),
  };
}

function seccompFilter(): Buffer {
  if (!hasSeccompFilter(process.arch)) throw new Error(`There is no list of kernel calls for ${process.arch}.`);
  return createSeccompFilter(process.arch);
}

/** Beside this file when it runs from its package; by the package's name when it was bundled into something else. */
function agentSource(): string {
  const beside = fileURLToPath(new URL("../agent", import.meta.url));
  if (existsSync(join(beside, "main.mjs"))) return beside;
  return join(dirname(createRequire(import.meta.url).resolve("@miosa/local/package.json")), "src/agent");
}

async function copyReadable(from: string, to: string, mode: number): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode);
}

/** This server's own Node, or a copy of it when it lies where the box's user cannot go. */
async function usableNode(directory: string): Promise<string> {
  const node = process.execPath;
  if (process.getuid?.() !== 0 || node.startsWith("/usr/") || (await canOthersReach(node))) return node;
  const copy = join(directory, "node");
  await copyReadable(node, copy, 0o555);
  return copy;
}

/** True when any user of the machine may go there. */
export async function canOthersReach(path: string): Promise<boolean> {
  for (let each = path; ; each = dirname(each)) {
    if (((await stat(each)).mode & 0o001) === 0) return false;
    if (each === dirname(each)) return true;
  }
}

/** True when a program is there and may be run. */
export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}
