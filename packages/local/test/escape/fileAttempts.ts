import type { SandboxBox } from "../../src/drivers/driver.js";

/** One way in which a caller of the file API could try to get at the host's files. Resolves when it was let through. */
export interface FileAttempt {
  readonly name: string;
  try(box: SandboxBox, hostFile: string): Promise<unknown>;
}

async function readAll(box: SandboxBox, path: string): Promise<string> {
  let text = "";
  for await (const piece of (await box.files.read(path)).pieces) text += Buffer.from(piece).toString();
  return text;
}

const hostDirectory = (hostFile: string): string => hostFile.slice(0, hostFile.lastIndexOf("/"));

/** What is tried after the box's user has made `link` to the host's file, `directory` to its directory and `dangling` to nothing. */
export const fileAttempts: readonly FileAttempt[] = [
  { name: "read a path of the host", try: (box, hostFile) => readAll(box, hostFile) },
  { name: "read through a link", try: (box) => readAll(box, "link") },
  { name: "read through a link to a directory", try: (box, hostFile) => readAll(box, `directory/${hostFile.split("/").at(-1) ?? ""}`) },
  { name: "read by ..", try: (box, hostFile) => readAll(box, `/workspace/../../../../..${hostFile}`) },
  { name: "read by the root of a process", try: (box, hostFile) => readAll(box, `/proc/1/root${hostFile}`) },
  { name: "read by a link to the root of a process", try: (box, hostFile) => readAll(box, `root${hostFile}`) },
  { name: "read with a NUL", try: (box, hostFile) => readAll(box, `/workspace/a\0/../../..${hostFile}`) },
  { name: "list the root directory", try: (box) => box.files.list("/") },
  { name: "list through a link", try: (box) => box.files.list("directory") },
  { name: "look at a tree through a link", try: (box) => box.files.tree("directory") },
  { name: "look at a file through a link", try: (box) => box.files.stat("link") },
  { name: "watch through a link", try: (box) => box.files.watch("directory", { signal: AbortSignal.timeout(100), onChange: () => {} }) },
  { name: "write through a link", try: (box) => box.files.write("link", Buffer.from("escaped")) },
  { name: "write through a link to a directory", try: (box) => box.files.write("directory/escaped", Buffer.from("escaped")) },
  { name: "write through a link to nothing", try: (box) => box.files.write("dangling", Buffer.from("escaped")) },
  { name: "make directories through a link", try: (box) => box.files.mkdir("directory/escaped", { parents: true }) },
  { name: "make missing directories for a file through a link", try: (box) => box.files.write("directory/a/b", Buffer.from("x"), { parents: true }) },
  { name: "change permissions through a link", try: (box) => box.files.chmod("link", 0o777) },
  { name: "remove through a link to a directory", try: (box, hostFile) => box.files.remove(`directory/${hostFile.split("/").at(-1) ?? ""}`) },
  { name: "move a file of the host in", try: (box, hostFile) => box.files.rename(hostFile, "taken") },
  { name: "move a file out", try: (box, hostFile) => box.files.rename("own", `${hostDirectory(hostFile)}/escaped`) },
  { name: "copy a file of the host in", try: (box, hostFile) => box.files.copy(hostFile, "taken") },
  { name: "copy through a link", try: (box) => box.files.copy("link", "taken") },
  { name: "copy a file out through a link", try: (box) => box.files.copy("own", "directory/escaped") },
  { name: "remove the workspace itself", try: (box) => box.files.remove("/workspace", { recursive: true }) },
  { name: "run a command in a directory of the host", try: (box) => box.exec({ argv: ["true"], cwd: "/etc", onOutput: () => {} }) },
  { name: "run a command in a directory through a link", try: (box) => box.exec({ argv: ["true"], cwd: "directory", onOutput: () => {} }) },
];
