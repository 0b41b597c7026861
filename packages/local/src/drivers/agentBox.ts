import { join } from "node:path";
import { measure } from "../agent/limits.mjs";
import { type AgentMux, callAgent, createAgentFiles, execInBox, readUsage } from "./agentClient.js";
import { type AgentSession, openAgentSession } from "./agentSession.js";
import { saveBoxFiles } from "./boxArchive.js";
import { dialInBox } from "./dialInBox.js";
import type { BootPhase, BoxSpec, SandboxBox } from "./driver.js";
import type { BoxPlace, Launcher } from "./launcher.js";
import { markerName } from "./processScan.js";

/** Box directories whose files outlive the processes. */
export const keptDirectories = ["workspace", "home"] as const;

/** A box before somebody has asked for it: booted, or on its way. */
export interface BootedBox {
  readonly session: AgentSession;
  readonly place: BoxPlace;
}

/** What a box is made from. */
export interface AgentBoxParts {
  readonly launcher: Launcher;
  readonly place: BoxPlace;
  /** Its processes. Absent for a box that is stopped. */
  readonly session?: AgentSession;
  readonly keptAs?: string;
  readonly isWarm: boolean;
  /** Largest archive of its files. */
  readonly maxSavedBytes: number;
  /** Resolves when the directory is gone. */
  readonly removeFiles: () => Promise<void>;
}

/** A box whose commands and files are reached through the agent inside. */
export function createAgentBox(spec: BoxSpec, parts: AgentBoxParts): SandboxBox {
  const { launcher, isWarm, place, keptAs } = parts;
  let { session } = parts;
  /** Processes that a stopped box's files are saved by. */
  let saver: AgentSession | undefined;
  let saved: Promise<void> = Promise.resolve();
  let phase: "running" | "stopped" | "destroyed" = session ? "running" : "stopped";
  let destroyed: Promise<void> | undefined;
  let cpuBefore = spec.cpuMsBefore ?? 0;
  let tellLost: (reason: string) => void = () => {};
  const lost = new Promise<string>((resolve) => (tellLost = resolve));
  const keptPaths = keptDirectories.map((name) => join(place.directory, name));
  /** What the files of a stopped box take up; nothing in it can change them. */
  let stoppedBytes: Promise<number> | undefined;
  place.egress?.belongsTo(spec.id);
  if (session) void tellWhenLost(session);

  async function tellWhenLost(followed: AgentSession): Promise<void> {
    const reason = await followed.ended;
    if (session === followed && phase === "running") tellLost(reason);
  }

  function mux(): AgentMux {
    if (phase !== "running" || !session) throw new Error(`The sandbox is ${phase}.`);
    return session.mux;
  }

  async function measureStopped(): Promise<number> {
    await session?.ended;
    return measure(keptPaths);
  }

  async function endSession(): Promise<void> {
    await session?.end();
  }

  async function saveNow(target: string): Promise<void> {
    if (phase !== "stopped") return saveBoxFiles(mux(), target, parts.maxSavedBytes);
    saver = openAgentSession(launcher, place, () => {});
    try {
      await saver.ready;
      await saveBoxFiles(saver.mux, target, parts.maxSavedBytes);
    } finally {
      await saver.end();
      saver = undefined;
    }
  }

  async function destroyNow(): Promise<void> {
    phase = "destroyed";
    await saver?.end();
    await saved.catch(() => {}); // told to whoever asked for it
    await endSession();
    await parts.removeFiles();
  }

  return {
    id: spec.id,
    isWarm,
    ...(keptAs !== undefined && { keptAs }),
    lost,
    files: createAgentFiles(mux),
    async waitReady(signal) {
      signal.throwIfAborted();
      if (!session) throw new Error(`The sandbox is ${phase}.`);
      await untilOrAborted(session.ready, signal);
    },
    exec: async (command) => execInBox(mux(), command, { ...spec.env, ...command.env, [markerName]: spec.id }),
    dial: async (port, signal) => dialInBox(mux(), port, signal),
    pause: async () => void (await callAgent(mux(), "pause")),
    resume: async () => void (await callAgent(mux(), "resume")),
    async usage() {
      if (phase !== "running") return { cpuMs: cpuBefore, memoryBytes: 0, processes: 0, workspaceBytes: await (stoppedBytes ??= measureStopped()) };
      const usage = await readUsage(mux());
      return { ...usage, cpuMs: cpuBefore + (usage.cpuMs ?? 0) };
    },
    saveFiles(target) {
      if (phase === "running") return saveNow(target);
      const before = saved.catch(() => {}); // the same
      return (saved = before.then(() => saveNow(target)));
    },
    async stop() {
      if (phase !== "running" || !session) return;
      const used = await readUsage(session.mux).catch(() => undefined); // a box that does not answer is stopped all the same
      cpuBefore += used?.cpuMs ?? 0;
      phase = "stopped";
      await endSession();
    },
    async start(signal, onPhase) {
      signal.throwIfAborted();
      onPhase?.("allocating");
      await saved.catch(() => {}); // the same
      signal.throwIfAborted();
      if (phase !== "stopped") throw new Error(`The sandbox is ${phase}.`);
      session = openAgentSession(launcher, place, tell(onPhase));
      phase = "running";
      stoppedBytes = undefined;
      void tellWhenLost(session);
    },
    destroy: () => (destroyed ??= destroyNow()),
  };
}

function tell(onPhase: ((phase: BootPhase) => void) | undefined): (phase: BootPhase) => void {
  return (phase) => onPhase?.(phase);
}

async function untilOrAborted(wanted: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
