"use client";

import type { ComponentProps, ReactElement, ReactNode } from "react";
import { type SandboxReadiness, useSandboxReadiness } from "./useSandboxReadiness.js";

/** Props of {@link SandboxStatus}; those of a `span` come on top. */
export interface SandboxStatusProps extends ComponentProps<"span"> {
  sandboxId: string | undefined;
  /** Deadline in milliseconds. @default 30000 */
  timeoutMs?: number | undefined;
  /** What to say in each phase, in place of the English words. */
  texts?: Partial<Record<SandboxReadiness["phase"], ReactNode>> | undefined;
}

const english = {
  idle: "Not watched",
  connecting: "Connecting",
  booting: "Starting",
  ready: "Ready",
  timedOut: "Not ready in time",
  failed: "Failed",
};

/**
 * A sandbox's readiness in a word, without style or motion, as a polite live region: screen readers say each change. Style it by
 * `data-phase` and `aria-busy`. In a long list give it `role="none"`, or all of them speak.
 */
export function SandboxStatus({ sandboxId, timeoutMs, texts, children, ...rest }: SandboxStatusProps): ReactElement {
  const { phase, isFinal } = useSandboxReadiness(sandboxId, { timeoutMs });
  return (
    <span role="status" data-phase={phase} aria-busy={!isFinal && phase !== "idle"} {...rest}>
      {texts?.[phase] ?? english[phase]}
      {children}
    </span>
  );
}
