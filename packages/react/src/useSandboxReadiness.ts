"use client";

import type { MiosaError, Readiness, ReadinessPhase, ReadinessSnapshot, ReadinessSource, WatchReadinessOptions } from "@miosa/core";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useMiosa } from "./MiosaProvider.js";
import { isOptimisticSandbox } from "./optimisticSandbox.js";
import { isFinal } from "./readinessStore.js";
import { sandboxKeys } from "./sandboxKeys.js";

/**
 * Options of {@link useSandboxReadiness}. Components that give the same ones share one watch per sandbox. All watches share the
 * live feed's connection, and watches of one sandbox the deadline of the first; one that sets `stream`, `pollIntervalMs` or
 * `idleTimeoutMs` stays off the feed.
 */
export interface UseSandboxReadinessOptions
  extends Pick<WatchReadinessOptions, "timeoutMs" | "stream" | "pollIntervalMs" | "idleTimeoutMs"> {
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

/** Follows a sandbox until it is ready, has failed, or the deadline passed. Leaving the page closes the connection. */
export function useSandboxReadiness(
  id: string | undefined,
  { enabled = true, timeoutMs, stream, pollIntervalMs, idleTimeoutMs }: UseSandboxReadinessOptions = {},
): SandboxReadiness {
  const { queryClient, readiness } = useMiosa();
  const active = enabled && id !== undefined && !isOptimisticSandbox({ id });
  const watch = useMemo(
    () => ({ id: id ?? "", timeoutMs, stream, pollIntervalMs, idleTimeoutMs }),
    [id, timeoutMs, stream, pollIntervalMs, idleTimeoutMs],
  );
  const prefetched = useMemo(
    () => readyFrom(queryClient.getQueryData<Readiness>(sandboxKeys.readiness(watch.id))),
    [queryClient, watch],
  );
  const subscribe = useCallback(
    (onChange: () => void) => readiness.subscribe(watch, onChange, active && prefetched === undefined),
    [readiness, watch, prefetched, active],
  );
  const snapshot = useSyncExternalStore(
    subscribe,
    () => readiness.get(watch) ?? prefetched,
    () => prefetched,
  );
  const retry = useCallback(() => readiness.retry(watch), [readiness, watch]);
  return useMemo(() => describe(snapshot, active, retry), [snapshot, active, retry]);
}

/** A probe that was prefetched, on a server for instance, and said ready needs no watch. */
function readyFrom(probe: Readiness | undefined): ReadinessSnapshot | undefined {
  if (probe?.ready !== true) return undefined;
  return { phase: "ready", source: "poll", startedAtMs: 0, elapsedMs: 0, readyAt: probe.readyAt };
}

function describe(snapshot: ReadinessSnapshot | undefined, active: boolean, retry: () => void): SandboxReadiness {
  return {
    phase: snapshot?.phase ?? (active ? "connecting" : "idle"),
    isReady: snapshot?.phase === "ready",
    isFinal: snapshot !== undefined && isFinal(snapshot),
    source: snapshot?.source ?? null,
    startedAtMs: snapshot?.startedAtMs ?? null,
    elapsedMs: snapshot !== undefined && "elapsedMs" in snapshot ? snapshot.elapsedMs : null,
    readyAt: snapshot?.phase === "ready" ? snapshot.readyAt : null,
    reason: snapshot?.phase === "timedOut" ? snapshot.reason : null,
    error: snapshot?.phase === "failed" ? snapshot.error : null,
    retry,
  };
}
