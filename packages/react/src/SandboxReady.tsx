"use client";

import { TimeoutError } from "@miosa/core";
import type { ReactElement, ReactNode } from "react";
import { useMiosa } from "./MiosaProvider.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

/** Props of {@link SandboxReady}. */
export interface SandboxReadyProps {
  sandboxId: string;
  /** Deadline in milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** What needs a ready sandbox. */
  children?: ReactNode;
}

/**
 * Suspends until the sandbox is ready: the nearest `Suspense` shows its fallback. Throws to the nearest error boundary when the
 * sandbox failed, and a `TimeoutError` after the deadline. A server leaves the waiting to the browser.
 */
export function SandboxReady({ sandboxId, timeoutMs, children }: SandboxReadyProps): ReactElement {
  const store = useMiosa().readiness;
  const { phase, error } = useSandboxReadiness(sandboxId, { timeoutMs });
  if (error) throw error;
  if (phase === "timedOut") throw new TimeoutError("The sandbox was not ready in time.", { code: "TIMEOUT", sandboxId });
  if (phase !== "ready") {
    if (typeof window === "undefined") throw new Error("The browser waits for the sandbox.");
    // oxlint-disable-next-line typescript/only-throw-error -- a thrown promise is how a component suspends in React 18
    throw store.wait(sandboxId, timeoutMs);
  }
  return <>{children}</>;
}
