import { vi } from "vitest";
import { patienceMs } from "./patience.js";

/** Looks until `look` gives something truthy, and resolves to that. Rejects when it never does. */
export function waitUntil<T>(look: () => T | Promise<T>) {
  return vi.waitUntil(look, { timeout: patienceMs, interval: 1 });
}
