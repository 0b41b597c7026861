import type { ComputerState, Sandbox } from "@miosa/core";
import type { SandboxReadiness } from "@miosa/react";

/** The five looks of a status; each has its own shape, so that colour is never the only sign. */
export type StatusTone = "waiting" | "good" | "idle" | "late" | "bad";

/** A status in a word. */
export interface Status {
  tone: StatusTone;
  word: string;
}

/** States in which a sandbox is on its way up and worth watching. */
const bootingStates: ReadonlySet<ComputerState> = new Set(["creating", "starting", "unknown"]);

const ofState: Record<ComputerState, Status> = {
  creating: { tone: "waiting", word: "Creating" },
  starting: { tone: "waiting", word: "Booting" },
  running: { tone: "good", word: "Running" },
  snapshotting: { tone: "waiting", word: "Saving" },
  paused: { tone: "idle", word: "Paused" },
  stopping: { tone: "waiting", word: "Stopping" },
  stopped: { tone: "idle", word: "Stopped" },
  error: { tone: "bad", word: "Failed" },
  destroying: { tone: "waiting", word: "Deleting" },
  destroyed: { tone: "idle", word: "Deleted" },
  unknown: { tone: "idle", word: "Unknown" },
};

const ofPhase: Record<SandboxReadiness["phase"], Status> = {
  idle: { tone: "idle", word: "Not watched" },
  connecting: { tone: "waiting", word: "Connecting" },
  booting: { tone: "waiting", word: "Booting" },
  ready: { tone: "good", word: "Ready" },
  timedOut: { tone: "late", word: "Timed out" },
  failed: { tone: "bad", word: "Failed" },
};

/** True while a list row should follow the sandbox's readiness. */
export function isBooting(sandbox: Sandbox): boolean {
  return bootingStates.has(sandbox.state);
}

/** True for a sandbox whose readiness has something to say: it is on its way, it is there, or why it failed. */
export function hasReadiness(sandbox: Sandbox): boolean {
  return isBooting(sandbox) || sandbox.state === "running" || sandbox.state === "error";
}

/** The status of a sandbox by what the server says of its life. */
export function statusOfState(sandbox: Sandbox): Status {
  return ofState[sandbox.state];
}

/** The status of a sandbox by its readiness, the truth while it boots. */
export function statusOfPhase(phase: SandboxReadiness["phase"]): Status {
  return ofPhase[phase];
}

/** What to call a sandbox. */
export function nameOf(sandbox: Sandbox): string {
  return sandbox.name ?? sandbox.id;
}
