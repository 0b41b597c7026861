import type { ListSandboxesFilter, UsageQuery } from "@miosa/core";

/** Root of every key of this package: `queryClient.invalidateQueries({ queryKey: sandboxKeys.all })` touches all of them. */
const all = ["miosa", "sandboxes"] as const;

/** A list's filter as it stands in its key: states always as a sorted array. Undefined members do not count in a key. */
export function normalizeFilter(filter?: ListSandboxesFilter): ListSandboxesFilter {
  const state = filter?.state;
  return state === undefined ? { ...filter } : { ...filter, state: Array.from(new Set([state].flat())).sort() };
}

/** Keys of everything this package keeps in the query cache, for invalidating, reading and prefetching by hand. */
export const sandboxKeys = {
  all,
  /** All lists, whatever their filter. */
  lists: () => [...all, "list"] as const,
  /** One list. Two filters that mean the same give the same key. */
  list: (filter?: ListSandboxesFilter) => [...all, "list", normalizeFilter(filter)] as const,
  /** All single sandboxes. */
  details: () => [...all, "detail"] as const,
  /** One sandbox. */
  detail: (id: string) => [...all, "detail", id] as const,
  /** The answer of one readiness probe. */
  readiness: (id: string) => [...all, "readiness", id] as const,
  /** Every folder and file of one sandbox that was read. */
  files: (id: string) => [...all, "files", id] as const,
  /** What is in a folder. */
  folder: (id: string, path: string) => [...all, "files", id, "folder", path] as const,
  /** A file's text. */
  file: (id: string, path: string) => [...all, "files", id, "file", path] as const,
  /** A usage report. */
  usage: (report: UsageQuery) => [...all, "usage", report] as const,
  /** Mutations, for `useMutationState` and `useIsMutating`. */
  create: () => [...all, "create"] as const,
  delete: () => [...all, "delete"] as const,
  start: () => [...all, "start"] as const,
  stop: () => [...all, "stop"] as const,
  writeFile: () => [...all, "writeFile"] as const,
  exec: () => [...all, "exec"] as const,
};
