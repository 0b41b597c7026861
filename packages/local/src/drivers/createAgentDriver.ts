import { randomBytes } from "node:crypto";
import { chown, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentMux } from "./agentClient.js";
import { type AgentSession, openAgentSession } from "./agentSession.js";
import { type BootedBox, createAgentBox, keptDirectories } from "./agentBox.js";
import { restoreBoxFiles } from "./boxArchive.js";
import type { BootPhase, BoxLimits, BoxSpec, DriverProbe, SandboxBox, SandboxDriver } from "./driver.js";
import type { BoxPlace, Launcher, SharedFiles } from "./launcher.js";
import { removeTree } from "./removeTree.js";
import { createRunDirectory } from "./runDirectory.js";
import { canOthersReach, writeSharedFiles } from "./sharedFiles.js";
import { createUserIds } from "./userIds.js";

/** Options of a driver that isolates. */
export interface IsolatingDriverOptions {
  /** Directory in which the boxes' files are kept while the server runs. Boxes' users must be able to reach it. @default the system's temporary directory */
  dataDir?: string;
  /** What each box may use, unless its own spec says otherwise. */
  limits?: BoxLimits;
  /** Boxes that are booted before anybody asks, so that the next one is there at once. @default 0 */
  warmPool?: number;
}

// What tar adds to each file counts little beside what a box may hold.
function savedLimit({ workspaceBytes = 2 ** 31 }: BoxLimits): number {
  return 2 * workspaceBytes;
}

/** A driver whose boxes are started by `launcher` and reached through an agent inside. */
export function createAgentDriver(launcher: Launcher, options: IsolatingDriverOptions = {}): SandboxDriver {
  const { warmPool = 0, limits = {} } = options;
  const boxes = new Map<string, SandboxBox>();
  const warm: { booted: BootedBox; phases: BootPhase[] }[] = [];
  const all = new Set<BootedBox>();
  const userIds = createUserIds();
  const runDirectory = createRunDirectory(options.dataDir ?? tmpdir());
  let shared: Promise<SharedFiles> | undefined;
  let isClosed = false;

  async function allocate(settings: BoxLimits): Promise<BoxPlace> {
    // Boxes' own users go through it, and may not list it.
    const root = await runDirectory.open(0o711);
    if (userIds.areOwn && !(await canOthersReach(root))) {
      throw new Error(`Sandboxes run as users of their own, who cannot reach ${options.dataDir ?? tmpdir()}. Let others pass through it and through all directories above (chmod o+x), or choose another data directory.`);
    }
    const files = await (shared ??= writeSharedFiles(join(root, "shared"), launcher.hasSeccomp));
    const directory = join(root, randomBytes(9).toString("hex"));
    await mkdir(directory, { mode: 0o700 });
    const uid = userIds.take();
    const paths = [...keptDirectories, "root"].map((name) => join(directory, name));
    for (const path of paths) await mkdir(path, { mode: 0o700 });
    if (uid !== undefined) for (const path of [...paths, directory]) await chown(path, uid, uid);
    return { directory, shared: files, agentSettings: JSON.stringify({ limits: settings }), ...(uid !== undefined && { uid }) };
  }

  async function open(settings: BoxLimits, onPhase: (phase: BootPhase) => void, filesFrom?: string): Promise<BootedBox> {
    onPhase("allocating");
    const place = await allocate(settings);
    try {
      if (isClosed) throw new Error("The driver is closed.");
      const prepare = filesFrom === undefined ? undefined : (mux: AgentMux) => restoreBoxFiles(mux, filesFrom);
      const booted = { place, session: openAgentSession(launcher, place, onPhase, prepare) };
      all.add(booted);
      return booted;
    } catch (error) {
      await remove(place);
      throw error;
    }
  }

  async function remove(place: BoxPlace): Promise<void> {
    await removeTree(place.directory);
    userIds.release(place.uid);
  }

  async function discard(booted: BootedBox): Promise<void> {
    await booted.session.end();
    await remove(booted.place);
    all.delete(booted);
  }

  function fillPool(): void {
    if (warm.length >= warmPool || isClosed) return;
    void addWarm().catch(() => {}); // the next create meets the same problem and tells it
  }

  async function addWarm(): Promise<void> {
    const phases: BootPhase[] = [];
    const booted = await open(limits, (phase) => phases.push(phase));
    warm.push({ booted, phases });
    fillPool();
    await booted.session.ended;
    await drop(booted);
  }

  /** A box that ended before anybody asked for it. */
  async function drop(booted: BootedBox): Promise<void> {
    const at = warm.findIndex((each) => each.booted === booted);
    if (at < 0) return;
    warm.splice(at, 1);
    await discard(booted);
  }

  async function create(spec: BoxSpec): Promise<SandboxBox> {
    spec.signal.throwIfAborted();
    if (isClosed) throw new Error("The driver is closed.");
    const ready = spec.limits || spec.filesFrom !== undefined ? undefined : takeWarm();
    const booted = ready ?? (await open({ ...limits, ...spec.limits }, spec.onPhase ?? (() => {}), spec.filesFrom));
    const removeFiles = async (): Promise<void> => {
      await remove(booted.place);
      all.delete(booted);
      boxes.delete(spec.id);
    };
    const box = createAgentBox(spec, { launcher, booted, maxSavedBytes: savedLimit({ ...limits, ...spec.limits }), isWarm: ready !== undefined, removeFiles });
    boxes.set(spec.id, box);
    if (ready) spec.onPhase?.("ready");
    fillPool();
    return box;
  }

  function takeWarm(): BootedBox | undefined {
    const at = warm.findIndex(({ phases }) => phases.includes("ready"));
    return at < 0 ? undefined : warm.splice(at, 1)[0]?.booted;
  }

  async function probe(): Promise<DriverProbe> {
    let session: AgentSession | undefined;
    try {
      if (process.platform !== "linux") return { ok: false, reason: "It needs Linux." };
      const booted = await open(limits, () => {});
      ({ session } = booted);
      await session.ready;
      // The box that was tried out is as good as any other.
      if (warmPool > 0) warm.push({ booted, phases: ["ready"] });
      else await discard(booted);
      return { ok: true };
    } catch (error) {
      await Promise.all([...all].map(discard));
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    await Promise.all([...boxes.values()].map((box) => box.destroy()));
    await Promise.all([...all].map(discard));
    await runDirectory.close();
    shared = undefined;
  }

  return { name: launcher.name, isolation: launcher.isolation, probe, create, list: () => [...boxes.keys()], close };
}
