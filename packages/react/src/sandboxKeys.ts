import type { ListSandboxesFilter, UsageQuery } from "@miosa/core";
import type { QueryKey } from "@tanstack/react-query";

/** Root of every key of this package: `queryClient.invalidateQueries({ queryKey: sandboxKeys.all })` touches all of them. */
const all = ["miosa", "sandboxes"] as const;

const key = <const Parts extends readonly unknown[]>(...parts: Parts) => [...all, ...parts] as const;

/** A list's filter as it stands in its key: states always as a sorted array. Undefined members do not count in a key. */
export function normalizeFilter(filter?: ListSandboxesFilter): ListSandboxesFilter {
  const state = filter?.state;
  return state === undefined ? { ...filter } : { ...filter, state: Array.from(new Set([state].flat())).sort() };
}

/** The filter of a list, which is the last part of its key. */
export function filterOf(key: QueryKey): ListSandboxesFilter {
  const filter = key.at(-1);
  return typeof filter === "object" && filter !== null ? filter : {};
}

/** Keys of everything this package keeps in the query cache, for invalidating, reading and prefetching by hand. */
export const sandboxKeys = {
  all,
  /** All lists, whatever their filter. */
  lists: () => key("list"),
  /** One list. Two filters that mean the same give the same key. */
  list: (filter?: ListSandboxesFilter) => key("list", normalizeFilter(filter)),
  /** All single sandboxes. */
  details: () => key("detail"),
  /** One sandbox. */
  detail: (id: string) => key("detail", id),
  /** The answer of one readiness probe. */
  readiness: (id: string) => key("readiness", id),
  /** Every folder and file of one sandbox that was read, and the beginning of the keys of mutations of its files. */
  files: (id: string) => key("files", id),
  /** What is in a folder. */
  folder: (id: string, path: string) => key("files", id, "folder", path),
  /** A file's text. */
  file: (id: string, path: string) => key("files", id, "file", path),
  /** A usage report. */
  usage: (report: UsageQuery) => key("usage", report),
  /** Mutations, for `useMutationState` and `useIsMutating`. */
  create: () => key("create"),
  delete: () => key("delete"),
  start: () => key("start"),
  stop: () => key("stop"),
  exec: () => key("exec"),
};
