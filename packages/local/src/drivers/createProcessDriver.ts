import { mkdtempSync } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, posix } from "node:path";
import {
  type BoxCommand,
  type BoxExecution,
  BoxRequestError,
  type BoxSpec,
  type DriverProbe,
  type SandboxBox,
  type SandboxDriver,
} from "./driver.js";
import { createProcessScan, markerName, type ProcessScan } from "./processScan.js";
import { spawnCommand } from "./spawnCommand.js";

/** Options of {@link createProcessDriver}. */
export interface ProcessDriverOptions {
  /** Directory in which the sandboxes' directories are made. @default the system's temporary directory */
  dataDir?: string;
}

/** Directories that every box shows to its commands, and where they lie below the box's own directory. */
const places = { "/workspace": "workspace", "/home/user": "home", "/tmp": "tmp" } as const;

/**
 * Runs each sandbox's commands as plain child processes in a private directory. It isolates NOTHING: a command can
 * do whatever the user who started the server can do. For machines without namespaces, and for trusted commands only.
 */
export function createProcessDriver(options: ProcessDriverOptions = {}): SandboxDriver {
  const boxes = new Map<string, SandboxBox>();
  const scan = createProcessScan();
  let root: string | undefined;
  const rootDirectory = (): string => (root ??= mkdtempSync(join(options.dataDir ?? tmpdir(), "miosa-local-")));

  async function create(spec: BoxSpec): Promise<SandboxBox> {
    spec.signal.throwIfAborted();
    const directory = join(rootDirectory(), spec.id);
    const box = createBox(spec.id, directory, scan, () => boxes.delete(spec.id));
    boxes.set(spec.id, box);
    for (const name of Object.values(places)) await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    return box;
  }

  async function close(): Promise<void> {
    await Promise.all([...boxes.values()].map((box) => box.destroy()));
    if (root !== undefined) await rm(root, { recursive: true, force: true });
    root = undefined;
  }

  return { name: "process", isolation: "none", probe, create, list: () => [...boxes.keys()], close };
}

async function probe(): Promise<DriverProbe> {
  const command: BoxCommand = { argv: ["bash", "-c", "true"], onOutput: () => {} };
  try {
    const { exitCode } = await (await spawnCommand(command, { cwd: tmpdir(), env: { PATH: searchPath } })).exited;
    return exitCode === 0 ? { ok: true } : { ok: false, reason: `bash -c true ended with exit code ${exitCode}.` };
  } catch (error) {
    return { ok: false, reason: `bash cannot be started; install it. (${error instanceof Error ? error.message : "unknown error"})` };
  }
}

function createBox(id: string, directory: string, scan: ProcessScan, forget: () => void): SandboxBox {
  const running = new Set<BoxExecution>();
  let destroyed: Promise<void> | undefined;

  async function exec(command: BoxCommand): Promise<BoxExecution> {
    if (destroyed) throw new Error("The sandbox is destroyed.");
    const cwd = await hostDirectory(directory, command.cwd ?? "/workspace");
    const execution = await spawnCommand(command, { cwd, env: { ...cleanEnvironment(directory), ...command.env, [markerName]: id } });
    running.add(execution);
    if (destroyed) execution.signal("SIGKILL");
    void execution.exited.finally(() => running.delete(execution));
    return execution;
  }

  async function waitReady(signal: AbortSignal): Promise<void> {
    let output = "";
    const onOutput = (_: string, bytes: Uint8Array): void => void (output += Buffer.from(bytes).toString());
    const { exitCode } = await (await exec({ argv: ["bash", "-c", "printf ready"], signal, onOutput })).exited;
    signal.throwIfAborted();
    if (exitCode !== 0 || output !== "ready") throw new Error(`The first command ended with exit code ${exitCode}.`);
  }

  async function destroyNow(): Promise<void> {
    const ends = [...running].map((execution) => {
      execution.signal("SIGKILL");
      return execution.exited;
    });
    await scan.killAll(id, directory);
    await Promise.all(ends);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    forget();
  }

  return { id, waitReady, exec, destroy: () => (destroyed ??= destroyNow()) };
}

/** The host's directory for a path as the box's commands name it. */
async function hostDirectory(directory: string, path: string): Promise<string> {
  const wanted = posix.resolve("/workspace", path);
  for (const [place, name] of Object.entries(places)) {
    if (wanted !== place && !wanted.startsWith(`${place}/`)) continue;
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 }); // a command may have removed it
    const found = join(directory, name, wanted.slice(place.length));
    const entry = await stat(found).catch(() => undefined); // reported just below
    if (entry?.isDirectory()) return found;
    throw new BoxRequestError("working_dir", "is not a directory");
  }
  throw new BoxRequestError("working_dir", `must lie in ${Object.keys(places).join(", ")}`);
}

const searchPath = [
  ...["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/homebrew/bin"],
  dirname(process.execPath),
].join(delimiter);

/** What a command finds in its environment: nothing of the server's own. */
function cleanEnvironment(directory: string): Record<string, string> {
  return {
    PATH: searchPath,
    HOME: join(directory, places["/home/user"]),
    TMPDIR: join(directory, places["/tmp"]),
    USER: "user",
    LANG: "C.UTF-8",
    TERM: "dumb",
  };
}

