"use client";

import { useEffect } from "react";
import { useMiosa } from "./MiosaProvider.js";

/** Keeps cached sandboxes up to date by the live feed while the calling component is there. */
export function useLive(isLive: boolean): void {
  const { goLive } = useMiosa();
  useEffect(() => (isLive ? goLive() : undefined), [isLive, goLive]);
}
