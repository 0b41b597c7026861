"use client";

import { isOptimisticSandbox, type MiosaError, type Readiness, type ReadinessPhase, type ReadinessSnapshot, type ReadinessSource } from "@miosa/core";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useMiosa } from "./MiosaProvider.js";
import { sandboxKeys } from "./sandboxKeys.js";

/** Options of {@link useSandboxReadiness}. */
export interface UseSandboxReadinessOptions {
  /** Deadline in milliseconds. Components that watch the same sandbox at once share the first one's. @default 30000 */
  timeoutMs?: number | undefined;
  /** False opens nothing; what other components learn about the sandbox is still shown. @default true */
  enabled?: boolean | undefined;
}

/** What {@link useSandboxReadiness} knows. The object stays the same until something in it changes. */
export interface SandboxReadiness {
  /** `idle` when nothing is watched and nothing known: `enabled: false`, no id, an optimistic row. `ready`, `timedOut` and `failed` are final. */
  phase: ReadinessPhase | "idle";
  isReady: boolean;
  /** True once the wait is over. A wait that `timedOut` still turns `ready` when that becomes known while the component is there. */
  isFinal: boolean;
  /** Where the newest word came from; null before the watch has begun. */
  source: ReadinessSource | null;
  /** When this wait began, in milliseconds since 1970; null before it has. For a running clock see `useElapsedMs`. */
  startedAtMs: number | null;
  /** How long the wait took, in milliseconds; null until it is over, so that time passing renders nothing. */
  elapsedMs: number | null;
  /** The server's word on when the sandbox became ready, ISO-8601. */
  readyAt: string | null;
  /** Why the server gave up, when it did. */
  reason: string | null;
  /** Why the phase is `failed`: a wrong key, an unknown id, a sandbox that broke. */
  error: MiosaError | null;
  /** Starts the wait over, with a new deadline, for every component that shares it. */
  retry: () => void;
}

/**
 * Follows a sandbox until it is ready, has failed, or the deadline passed, over the live feed: all watches of a page share its
 * connection, and those of one sandbox are one. Leaving the page closes it.
 */
export function useSandboxReadiness(
  id: string | undefined,
  { enabled = true, timeoutMs }: UseSandboxReadinessOptions = {},
): SandboxReadiness {
  const { queryClient, readiness } = useMiosa();
  const active = enabled && !!id && !isOptimisticSandbox({ id });
  const key = id ?? "";
  const prefetched = useMemo(() => readyFrom(queryClient.getQueryData<Readiness>(sandboxKeys.readiness(key))), [queryClient, key]);
  const subscribe = useCallback(
    (onChange: () => void) => readiness.subscribe(key, timeoutMs, onChange, active && !prefetched),
    [readiness, key, timeoutMs, prefetched, active],
  );
  const snapshot = useSyncExternalStore(
    subscribe,
    () => readiness.get(key) ?? prefetched,
    () => prefetched,
  );
  return useMemo(
    () => ({
      phase: active ? "connecting" : "idle",
      source: null,
      startedAtMs: null,
      elapsedMs: null,
      readyAt: null,
      reason: null,
      error: null,
      ...snapshot,
      isReady: snapshot?.phase === "ready",
      isFinal: snapshot !== undefined && "elapsedMs" in snapshot,
      retry: () => readiness.retry(key),
    }),
    [snapshot, active, readiness, key],
  );
}

/** A probe that was prefetched, on a server for instance, and said ready needs no watch. */
function readyFrom(probe: Readiness | undefined): ReadinessSnapshot | undefined {
  if (!probe?.ready) return undefined;
  return { phase: "ready", source: "poll", startedAtMs: 0, elapsedMs: 0, readyAt: probe.readyAt };
}
