import { type ListSandboxesFilter, matchesFilter, type Sandbox } from "@miosa/core";
import { replaceEqualDeep } from "@tanstack/react-query";
import { isOptimisticSandbox } from "./optimisticSandbox.js";

/** Something this page learned about a sandbox other than by asking for it. */
export interface SandboxChange {
  id: string;
  /** What the sandbox looks like afterwards; the very same object when this is no news. Undefined where too little is known of it. */
  apply: (sandbox: Sandbox | undefined) => Sandbox | undefined;
  /** Id of the optimistic row that it replaces. */
  insteadOf?: string | undefined;
}

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

/** `next`, with every row that did not change being the very object of `previous`, wherever it stands now, so that its component need not render. */
export function shareRows(previous: readonly Sandbox[], next: readonly Sandbox[]): readonly Sandbox[] {
  const before = new Map(previous.map((row) => [row.id, row]));
  const rows = next.map((row) => replaceEqualDeep(before.get(row.id), row));
  const same = rows.length === previous.length && rows.every((row, index) => row === previous[index]);
  return same ? previous : rows;
}

/** Lists stand newest first. An optimistic row, and one of unknown age, counts as new. */
function ageOf(sandbox: Sandbox): number {
  return isOptimisticSandbox(sandbox) ? -Infinity : -(Date.parse(sandbox.createdAt ?? "") || Infinity);
}

/** The latest moment that a time can mean, in milliseconds: one without a fraction may be any moment of its second. */
function endOf(at: string): number {
  return Date.parse(at) + (at.includes(".") ? 0 : 999);
}
