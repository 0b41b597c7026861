"use client";

import { useEffect, useState } from "react";
import type { SandboxReadiness } from "./useSandboxReadiness.js";

/** Options of {@link useElapsedMs}. */
export interface UseElapsedMsOptions {
  /** How often the calling component renders while the wait goes on, in milliseconds. @default 100 */
  intervalMs?: number | undefined;
}

/**
 * How long a wait has lasted so far, in milliseconds, and how long it took once it is over. Only the component that calls this
 * renders as time passes: call it in the smallest one that shows the figure.
 */
export function useElapsedMs(
  { startedAtMs, elapsedMs }: Pick<SandboxReadiness, "startedAtMs" | "elapsedMs">,
  { intervalMs = 100 }: UseElapsedMsOptions = {},
): number {
  const [nowMs, setNowMs] = useState(0);
  const runs = startedAtMs !== null && elapsedMs === null;
  useEffect(() => {
    if (!runs) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [runs, intervalMs]);
  if (elapsedMs !== null) return elapsedMs;
  return startedAtMs === null ? 0 : Math.max(0, nowMs - startedAtMs);
}
