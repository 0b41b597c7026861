import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type AgentMux, execInBox } from "./agentClient.js";
import type { BoxExecution } from "./driver.js";

/** Name of the archive in the directory that a box's files are saved to. */
const archiveName = "files.tar";

const placesInRoot = ["workspace", "home/user"];

/**
 * Saves a box's files. They are read inside the box and kept as the bytes that come out: a server that walked through them itself
 * could be led out of them by a link that is put in its way.
 */
export async function saveBoxFiles(mux: AgentMux, directory: string, maxBytes: number): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = createWriteStream(join(directory, archiveName), { flags: "wx", mode: 0o600 });
  const stop = new AbortController();
  let bytes = 0;
  let complaints = "";
  const written = new Promise<void>((resolve, reject) => {
    file.once("close", resolve);
    file.once("error", reject);
  });
  written.catch(() => stop.abort()); // told below
  const onOutput = async (stream: "stdout" | "stderr", piece: Uint8Array): Promise<void> => {
    if (stream === "stderr") return void (complaints = (complaints + Buffer.from(piece).toString()).slice(-500));
    bytes += piece.byteLength;
    if (bytes > maxBytes) return stop.abort();
    if (!file.write(piece)) await Promise.race([new Promise<void>((resolve) => file.once("drain", () => resolve())), written]);
  };
  try {
    const tar = await execInBox(mux, { argv: ["tar", "--create", "--file=-", "--directory=/", ...placesInRoot], signal: stop.signal, onOutput }, {});
    const { exitCode } = await tar.exited;
    if (bytes > maxBytes) throw new Error("The sandbox's files are too large to be saved.");
    // 1 is what tar says when a file changed while it was read.
    if (exitCode > 1) throw new Error(`The sandbox's files could not be read: ${complaints}`);
  } finally {
    file.end();
    await written;
  }
}

/** Puts saved files into a new box, again from inside. */
export async function restoreBoxFiles(mux: AgentMux, directory: string): Promise<void> {
  let complaints = "";
  const onOutput = (_: string, piece: Uint8Array): void => void (complaints = (complaints + Buffer.from(piece).toString()).slice(-500));
  const command = { argv: ["tar", "--extract", "--file=-", "--directory=/", "--no-same-owner", "--no-overwrite-dir"], stdin: true, onOutput } as const;
  const tar = await execInBox(mux, command, {});
  await feed(tar, join(directory, archiveName));
  const { exitCode } = await tar.exited;
  if (exitCode !== 0) throw new Error(`The saved files could not be put back: ${complaints}`);
}

async function feed(tar: BoxExecution, path: string): Promise<void> {
  const file = createReadStream(path);
  const isOver = tar.exited.then(() => true);
  isOver.catch(() => {}); // told by who waits for the command; reading the archive may fail before anybody does
  for await (const piece of file) {
    if (!(piece instanceof Uint8Array)) continue;
    if ((await Promise.race([tar.write(piece), isOver])) === true) break;
  }
  tar.endInput();
}
