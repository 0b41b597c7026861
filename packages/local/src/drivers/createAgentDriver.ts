import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { chown, lstat, mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { type BoxEgress, createEgress } from "../egress/createEgress.js";
import type { EgressOptions } from "../egress/egressOptions.js";
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
  /**
   * Directory that is there already, in which boxes' files outlive the driver. Closing stops them, and `adopt` takes them over.
   * Boxes' users must be able to reach it. @default none: nothing outlives the driver
   */
  keepDir?: string;
  /** First of the 512 users of the host that a root server gives to its boxes. Kept boxes need the same ones each time. @default chosen by the process's number */
  firstUserId?: number;
  /** Hosts that boxes may connect to, through a proxy of the server's. @default none: boxes have no network but their own loopback */
  egress?: EgressOptions;
}

// What tar adds to each file counts little beside what a box may hold.
function savedLimit({ workspaceBytes = 2 ** 31 }: BoxLimits): number {
  return 2 * workspaceBytes;
}

/** A driver whose boxes are started by `launcher` and reached through an agent inside. */
export function createAgentDriver(launcher: Launcher, options: IsolatingDriverOptions = {}): SandboxDriver {
  const { warmPool = 0, limits = {}, keepDir } = options;
  const boxes = new Map<string, SandboxBox>();
  const warm: { booted: BootedBox; phases: BootPhase[] }[] = [];
  const all = new Set<BootedBox>();
  const egress = options.egress && createEgress(options.egress);
  const userIds = createUserIds(options.firstUserId);
  const runDirectory = createRunDirectory(options.dataDir ?? tmpdir());
  let shared: Promise<SharedFiles> | undefined;
  let reserved: Promise<void> | undefined;
  let isClosed = false;

  async function openShared(): Promise<{ readonly root: string; readonly files: SharedFiles }> {
    // Boxes' own users go through it, and may not list it.
    const root = await runDirectory.open(0o711);
    if (userIds.areOwn) {
      await checkReach(root, options.dataDir ?? tmpdir());
      if (keepDir !== undefined) await checkReach(keepDir, keepDir);
    }
    await (reserved ??= reserveKept());
    return { root, files: await (shared ??= writeSharedFiles(join(root, "shared"), launcher.hasSeccomp)) };
  }

  /** Before the first box is made, so that none gets the user of one that is still to be taken over. */
  async function reserveKept(): Promise<void> {
    if (keepDir === undefined) return;
    for (const name of await readdir(keepDir)) userIds.reserve((await lstat(join(keepDir, name))).uid);
  }

  async function allocate(settings: BoxLimits): Promise<BoxPlace> {
    const { root, files } = await openShared();
    const directory = join(keepDir ?? root, randomBytes(9).toString("hex"));
    await mkdir(directory, { mode: 0o700 });
    const uid = userIds.take();
    const paths = boxDirectories(directory);
    for (const path of paths) await mkdir(path, { mode: 0o700 });
    if (uid !== undefined) for (const path of [...paths, directory]) await chown(path, uid, uid);
    return placeOf(directory, files, { limits: settings, uid, egress: egress?.openBox() });
  }

  async function takeOver(directory: string, settings: BoxLimits): Promise<BoxPlace> {
    const { files } = await openShared();
    const { uid: owner } = await lstat(directory);
    const uid = userIds.takeAgain(owner);
    let isOwn = uid === owner;
    for (const path of boxDirectories(directory)) {
      if ((await mkdir(path, { mode: 0o700, recursive: true })) !== undefined) isOwn = false;
      // Where nothing isolated it, a command could have put a link to the host's files there.
      if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is no directory.`);
    }
    // Another driver's, or copied from elsewhere. Links themselves are changed, never what they lead to.
    if (uid !== undefined && !isOwn) await promisify(execFile)("chown", ["-hR", `${uid}:${uid}`, "--", directory], { env: { PATH: "/usr/bin:/bin" } });
    return placeOf(directory, files, { limits: settings, uid, egress: egress?.openBox() });
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
    const box = addBox(spec, booted.place, booted.session, ready !== undefined);
    all.delete(booted);
    if (ready) spec.onPhase?.("ready");
    fillPool();
    return box;
  }

  function addBox(spec: BoxSpec, place: BoxPlace, session: AgentSession | undefined, isWarm: boolean): SandboxBox {
    const removeFiles = async (): Promise<void> => {
      await remove(place);
      boxes.delete(spec.id);
    };
    const box = createAgentBox(spec, {
      launcher,
      place,
      isWarm,
      removeFiles,
      maxSavedBytes: savedLimit({ ...limits, ...spec.limits }),
      ...(session && { session }),
      ...(keepDir !== undefined && { keptAs: basename(place.directory) }),
    });
    boxes.set(spec.id, box);
    return box;
  }

  async function adopt(directory: string, spec: BoxSpec): Promise<SandboxBox> {
    if (isClosed) throw new Error("The driver is closed.");
    return addBox(spec, await takeOver(directory, { ...limits, ...spec.limits }), undefined, false);
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
    await Promise.all([...boxes.values()].map((box) => (keepDir === undefined ? box.destroy() : box.stop())));
    await Promise.all([...all].map(discard));
    await launcher.close?.();
    await runDirectory.close();
    shared = undefined;
  }

  return {
    name: launcher.name,
    isolation: launcher.isolation,
    probe,
    create,
    ...(keepDir !== undefined && { adopt: (spec: BoxSpec, keptAs: string) => adopt(join(keepDir, keptAs), spec) }),
    list: () => [...boxes.keys()],
    close,
  };
}

async function checkReach(directory: string, named: string): Promise<void> {
  if (await canOthersReach(directory)) return;
  throw new Error(`Sandboxes run as users of their own, who cannot reach ${named}. Let others pass through it and through all directories above (chmod o+x), or choose another directory.`);
}

function boxDirectories(directory: string): string[] {
  return [...keptDirectories, "root"].map((name) => join(directory, name));
}

function placeOf(directory: string, shared: SharedFiles, { limits, uid, egress }: { limits: BoxLimits; uid: number | undefined; egress: BoxEgress | undefined }): BoxPlace {
  const agentSettings = JSON.stringify({ limits, egress: egress !== undefined });
  return { directory, shared, agentSettings, egress, ...(uid !== undefined && { uid }) };
}
