"use client";

import type { MiosaEvent } from "@miosa/core";
import { useEffect, useState } from "react";
import { useMiosa } from "./MiosaProvider.js";

/** Options of {@link useSandboxEvents}. */
export interface UseSandboxEventsOptions {
  /** False listens to nothing; what has come stays. @default true */
  enabled?: boolean | undefined;
  /** How many events are kept: the latest ones. @default 100 */
  limit?: number | undefined;
}

const none: readonly MiosaEvent[] = [];

/**
 * The lifecycle events of one sandbox that came while the component is there, oldest first, over the connection that all hooks
 * share. Waits while `id` is undefined.
 */
export function useSandboxEvents(
  id: string | undefined,
  { enabled = true, limit = 100 }: UseSandboxEventsOptions = {},
): readonly MiosaEvent[] {
  const { feed } = useMiosa();
  const [heard, setHeard] = useState({ id, events: none });
  useEffect(() => {
    if (!enabled || id === undefined) return undefined;
    return feed.onEvent((event) => {
      if (event.resourceId !== id) return;
      setHeard((before) => ({ id, events: [...(before.id === id ? before.events : none), event].slice(-limit) }));
    });
  }, [feed, id, enabled, limit]);
  return heard.id === id ? heard.events : none;
}
