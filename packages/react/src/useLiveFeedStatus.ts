"use client";

import type { LiveFeedStatus } from "@miosa/core";
import { useSyncExternalStore } from "react";
import { useMiosa } from "./MiosaProvider.js";

/** How the connection that all hooks share is doing, for a badge. Opens nothing by itself. */
export function useLiveFeedStatus(): LiveFeedStatus {
  const { feed } = useMiosa();
  return useSyncExternalStore(feed.onStatus, feed.status, feed.status);
}
