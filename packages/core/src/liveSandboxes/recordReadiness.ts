import type { ReadinessSnapshot } from "../readiness/types.js";
import { booted, removed } from "./sandboxChanges.js";
import type { SandboxCache } from "./types.js";

/** What a watch learns of a sandbox, its stored entries learn too: for `ReadinessStore.listen`. */
export function recordReadiness(cache: SandboxCache, id: string, snapshot: ReadinessSnapshot): void {
  const code = snapshot.phase === "failed" && snapshot.error.code;
  if (snapshot.phase === "ready") cache.record(booted(id, "running"));
  if (code === "SANDBOX_FAILED") cache.record(booted(id, "error"));
  if (code === "SANDBOX_DESTROYED") cache.record(removed(id));
}
