import { matchesFilter } from "../computers/listComputers.js";
import type { ListSandboxesFilter, Sandbox } from "../computers/types.js";
import { isOptimisticSandbox } from "./optimisticSandbox.js";
import type { SandboxChange } from "./types.js";

/** It exists and looks like this. */
export function put(sandbox: Sandbox, insteadOf?: string): SandboxChange {
  return { id: sandbox.id, apply: () => sandbox, insteadOf };
}

/** Its boot ended, well or not. */
export function booted(id: string, state: "running" | "error"): SandboxChange {
  return { id, apply: (sandbox) => sandbox && endBoot(sandbox, state) };
}

/** It went into another state, at a time by the server's clock where that is known. Older news than the sandbox itself is no news. */
export function moved(id: string, { state, status }: Pick<Sandbox, "state" | "status">, at?: string | null): SandboxChange {
  return {
    id,
    apply: (sandbox) => {
      if (sandbox === undefined || !at) return sandbox && { ...sandbox, state, status };
      const isOld = endOf(at) < Date.parse(sandbox.updatedAt ?? "");
      return isOld || (sandbox.state === state && sandbox.status === status) ? sandbox : { ...sandbox, state, status, updatedAt: at };
    },
  };
}

/** It is gone. */
export function removed(id: string): SandboxChange {
  return moved(id, { state: "destroyed", status: "destroyed" });
}

/** One sandbox after a change; the same object when the change says nothing about it. */
export function changeSandbox(sandbox: Sandbox, change: SandboxChange): Sandbox {
  return (change.id === sandbox.id && change.apply(sandbox)) || sandbox;
}

/**
 * A list after a change: a sandbox stands in it exactly when it matches the filter and neither is nor gets destroyed. The same
 * array when nothing changes.
 */
export function changeRows(rows: readonly Sandbox[], { id, apply, insteadOf }: SandboxChange, filter: ListSandboxesFilter): readonly Sandbox[] {
  const row = rows.find((candidate) => candidate.id === id);
  const next = apply(row);
  if (next === row && insteadOf === undefined) return rows;
  const place = row ? id : insteadOf;
  const others = rows.filter((other) => other.id !== insteadOf || other.id === place);
  if (!next || next.state.startsWith("destroy") || !matchesFilter(next, filter)) return others.filter((other) => other.id !== place);
  if (others.some((other) => other.id === place)) return others.map((other) => (other.id === place ? next : other));
  const below = others.findIndex((other) => ageOf(next) < ageOf(other));
  return below < 0 ? [...others, next] : others.toSpliced(below, 0, next);
}

/** What a booting sandbox looks like once its boot has ended. Any state but a booting one is the server's newer word and stays. */
export function endBoot(sandbox: Sandbox, state: "running" | "error"): Sandbox {
  return /creating|starting|unknown/.test(sandbox.state) ? { ...sandbox, state, status: state } : sandbox;
}

/** Lists stand newest first. An optimistic row, and one of unknown age, counts as new. */
function ageOf(sandbox: Sandbox): number {
  return isOptimisticSandbox(sandbox) ? -Infinity : -(Date.parse(sandbox.createdAt ?? "") || Infinity);
}

/** The latest moment that a time can mean, in milliseconds: one without a fraction may be any moment of its second. */
function endOf(at: string): number {
  return Date.parse(at) + (at.includes(".") ? 0 : 999);
}
