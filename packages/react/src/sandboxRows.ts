import { type ListSandboxesFilter, matchesFilter, type Sandbox } from "@miosa/core";
import { replaceEqualDeep } from "@tanstack/react-query";
import { isOptimisticSandbox } from "./optimisticSandbox.js";

/**
 * Something this page learned about a sandbox other than by asking for it.
 *
 * - `put`: it exists and looks like this; `insteadOf` is the optimistic row that it replaces.
 * - `booted`: its boot ended, well or not; `known` is what it looks like now, for lists that did not hold it until now.
 * - `remove`: it is going or gone.
 */
export type SandboxChange =
  | { type: "put"; sandbox: Sandbox; insteadOf?: string }
  | { type: "booted"; id: string; state: "running" | "error"; known: Sandbox | undefined }
  | { type: "remove"; id: string; state: "destroying" | "destroyed" };

/** One sandbox after a change; the same object when the change says nothing about it. */
export function changeSandbox(sandbox: Sandbox, change: SandboxChange): Sandbox {
  if (idOf(change) !== sandbox.id) return sandbox;
  switch (change.type) {
    case "put":
      return change.sandbox;
    case "booted":
      return endBoot(sandbox, change.state);
    case "remove":
      return { ...sandbox, state: change.state, status: change.state };
  }
}

/** A list after a change: a sandbox stands in it exactly when it matches the filter. The same array when nothing changes. */
export function changeRows(rows: readonly Sandbox[], change: SandboxChange, filter: ListSandboxesFilter): readonly Sandbox[] {
  const id = idOf(change);
  const row = rows.find((candidate) => candidate.id === id);
  const next = nextRow(row, change);
  const insteadOf = change.type === "put" ? change.insteadOf : undefined;
  if (next === row && insteadOf === undefined) return rows;
  const place = row === undefined ? insteadOf : id;
  const others = rows.filter((other) => other.id !== insteadOf || other.id === place);
  if (next === undefined || !matchesFilter(next, filter)) return others.filter((other) => other.id !== place);
  if (others.some((other) => other.id === place)) return others.map((other) => (other.id === place ? next : other));
  const below = others.findIndex((other) => isNewer(next, other));
  return below < 0 ? [...others, next] : others.toSpliced(below, 0, next);
}

/** Id of the sandbox that a change is about. */
export function idOf(change: SandboxChange): string {
  return change.type === "put" ? change.sandbox.id : change.id;
}

/** A list's row after a change; undefined where there is none. */
function nextRow(row: Sandbox | undefined, change: SandboxChange): Sandbox | undefined {
  if (change.type === "remove") return undefined;
  if (row !== undefined) return changeSandbox(row, change);
  return change.type === "put" ? change.sandbox : change.known;
}

/** What a booting sandbox looks like once its boot has ended. Any state but a booting one is the server's newer word and stays. */
export function endBoot(sandbox: Sandbox, state: "running" | "error"): Sandbox {
  const booting = sandbox.state === "creating" || sandbox.state === "starting" || sandbox.state === "unknown";
  return booting ? { ...sandbox, state, status: state } : sandbox;
}

/** `next`, with every row that did not change being the very object of `previous`, wherever it stands now, so that its component need not render. */
export function shareRows(previous: readonly Sandbox[], next: readonly Sandbox[]): readonly Sandbox[] {
  const before = new Map(previous.map((row) => [row.id, row]));
  const rows = next.map((row) => replaceEqualDeep(before.get(row.id), row));
  const same = rows.length === previous.length && rows.every((row, index) => row === previous[index]);
  return same ? previous : rows;
}

/** Lists stand newest first. An optimistic row, and one of unknown age, counts as new. */
function isNewer(sandbox: Sandbox, than: Sandbox): boolean {
  return ageOf(sandbox) < ageOf(than);
}

function ageOf(sandbox: Sandbox): number {
  return isOptimisticSandbox(sandbox) ? Number.NEGATIVE_INFINITY : -(Date.parse(sandbox.createdAt ?? "") || Number.POSITIVE_INFINITY);
}
