import type { ListSandboxesFilter, Sandbox } from "@miosa/core";
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
  switch (change.type) {
    case "put":
      return change.sandbox.id === sandbox.id ? change.sandbox : sandbox;
    case "booted":
      return change.id === sandbox.id ? endBoot(sandbox, change.state) : sandbox;
    case "remove":
      return change.id === sandbox.id ? { ...sandbox, state: change.state, status: change.state } : sandbox;
  }
}

/** A list after a change: a sandbox stands in it exactly when it matches the filter. The same array when nothing changes. */
export function changeRows(rows: readonly Sandbox[], change: SandboxChange, filter: ListSandboxesFilter): readonly Sandbox[] {
  switch (change.type) {
    case "put":
      return place(rows, change.sandbox, filter, change.insteadOf);
    case "remove":
      return rows.some((row) => row.id === change.id) ? rows.filter((row) => row.id !== change.id) : rows;
    case "booted": {
      const row = rows.find((candidate) => candidate.id === change.id);
      const booted = row === undefined ? change.known : endBoot(row, change.state);
      return booted === undefined || booted === row ? rows : place(rows, booted, filter);
    }
  }
}

/** What a booting sandbox looks like once its boot has ended. Any state but a booting one is the server's newer word and stays. */
export function endBoot(sandbox: Sandbox, state: "running" | "error"): Sandbox {
  const booting = sandbox.state === "creating" || sandbox.state === "starting" || sandbox.state === "unknown";
  return booting ? { ...sandbox, state, status: state } : sandbox;
}

/** True when the list with this filter would hold the sandbox. Attribution matches exactly; members are ANDed. Contract 2.1. */
export function matchesFilter(sandbox: Sandbox, filter: ListSandboxesFilter): boolean {
  const { externalWorkspaceId, externalUserId, externalProjectId, state } = filter;
  return (
    (externalWorkspaceId === undefined || sandbox.externalWorkspaceId === externalWorkspaceId) &&
    (externalUserId === undefined || sandbox.externalUserId === externalUserId) &&
    (externalProjectId === undefined || sandbox.externalProjectId === externalProjectId) &&
    (state === undefined || (typeof state === "string" ? state === sandbox.state : state.includes(sandbox.state)))
  );
}

/** `next`, with every row that did not change being the very object of `previous`, wherever it stands now, so that its component need not render. */
export function shareRows(previous: readonly Sandbox[], next: readonly Sandbox[]): readonly Sandbox[] {
  const before = new Map(previous.map((row) => [row.id, row]));
  const rows = next.map((row) => replaceEqualDeep(before.get(row.id), row));
  const same = rows.length === previous.length && rows.every((row, index) => row === previous[index]);
  return same ? previous : rows;
}

function place(rows: readonly Sandbox[], sandbox: Sandbox, filter: ListSandboxesFilter, insteadOf?: string): readonly Sandbox[] {
  const held = rows.some((row) => row.id === sandbox.id);
  const replaced = held ? sandbox.id : insteadOf;
  const others = rows.filter((row) => row.id === replaced || (row.id !== sandbox.id && row.id !== insteadOf));
  if (!matchesFilter(sandbox, filter)) return others.filter((row) => row.id !== replaced);
  if (others.some((row) => row.id === replaced)) return others.map((row) => (row.id === replaced ? sandbox : row));
  const below = isOptimisticSandbox(sandbox) ? 0 : others.findIndex((row) => isNewer(sandbox, row));
  return below < 0 ? [...others, sandbox] : [...others.slice(0, below), sandbox, ...others.slice(below)];
}

/** Lists stand newest first; a time that is missing or cannot be read counts as now. */
function isNewer(sandbox: Sandbox, than: Sandbox): boolean {
  if (isOptimisticSandbox(than)) return false;
  return timeOf(sandbox) > timeOf(than);
}

function timeOf(sandbox: Sandbox): number {
  const time = Date.parse(sandbox.createdAt ?? "");
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}
