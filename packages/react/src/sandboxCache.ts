import { createSandboxCache, type Sandbox, type SandboxCache, type SandboxStorage } from "@miosa/core";
import { notifyManager, type QueryClient, type QueryKey, replaceEqualDeep } from "@tanstack/react-query";
import { memo } from "./memo.js";
import { filterOf, sandboxKeys } from "./sandboxKeys.js";
import { shareRows } from "./shareRows.js";

/** How answers on their way into a query cache catch up, at the moment they are stored, with what was learned since they were asked for. */
const arriving = new WeakMap<object, () => unknown>();
const caches = new WeakMap<QueryClient, SandboxCache>();

/** The sandboxes in a query cache. They live as long as the cache does. */
export function sandboxCacheOf(queryClient: QueryClient): SandboxCache {
  return memo(caches, queryClient, () => createSandboxCache(storageIn(queryClient)));
}

/** Drops all sandboxes from a query cache, and what is still on its way there. Those on the page are asked for again. */
export async function forgetSandboxes(queryClient: QueryClient): Promise<void> {
  caches.get(queryClient)?.retire();
  caches.delete(queryClient);
  notifyManager.batch(() => {
    for (const query of queryClient.getQueryCache().findAll({ queryKey: sandboxKeys.all })) {
      query.reset();
      // A reset goes back to what the query began with, which may have come from a list.
      query.setState({ data: undefined, dataUpdatedAt: 0, status: "pending" });
    }
  });
  await queryClient.refetchQueries({ queryKey: sandboxKeys.all, type: "active" });
}

/** A sandbox as the first list that holds it shows it, and when that list was fetched. */
export function findInLists(queryClient: QueryClient, id: string): { sandbox: Sandbox; updatedAt: number | undefined } | undefined {
  for (const [key, rows] of cachedLists(queryClient)) {
    const sandbox = rows?.find((row) => row.id === id);
    if (sandbox) return { sandbox, updatedAt: queryClient.getQueryState(key)?.dataUpdatedAt };
  }
  return undefined;
}

/** An answer as it is, for a query to return; `takeAnswer` stores what `settle` then makes of it. */
export function arrive<Answer extends object>(answer: Answer, settle: (answer: Answer) => unknown): Answer {
  arriving.set(answer, () => settle(answer));
  return answer;
}

/** `structuralSharing` of every sandbox query: no answer undoes what was learned after it was asked for, and what did not change stays the very same object. */
export function takeAnswer(previous: unknown, answer: unknown): unknown {
  const next = (typeof answer === "object" && answer !== null && arriving.get(answer)?.()) || answer;
  return isRows(previous) && isRows(next) ? shareRows(previous, next) : replaceEqualDeep(previous, next);
}

function storageIn(queryClient: QueryClient): SandboxStorage {
  const { lists, details, detail } = sandboxKeys;
  const get = (id: string): Sandbox | undefined => queryClient.getQueryData<Sandbox>(detail(id));

  /** Data that was pushed is no newer answer: the entry stays as old, and as invalid, as it was. */
  function put(queryKey: QueryKey, data: unknown): void {
    const before = queryClient.getQueryState(queryKey);
    if (before?.data === undefined || data === before.data) return;
    queryClient.setQueryData(queryKey, data, { updatedAt: before.dataUpdatedAt });
    if (before.isInvalidated) void queryClient.invalidateQueries({ queryKey, exact: true, refetchType: "none" });
  }

  return {
    get,
    put: (sandbox) => put(detail(sandbox.id), sandbox),
    add: (sandbox) => void queryClient.setQueryData(detail(sandbox.id), sandbox),
    batch: notifyManager.batch,
    lists: () =>
      cachedLists(queryClient).flatMap(([key, rows]) => (rows ? { filter: filterOf(key), rows, put: (next) => put(key, next) } : [])),
    async refresh(what) {
      if (what === "staleLists") return queryClient.refetchQueries({ queryKey: lists(), type: "active", stale: true });
      // Sandboxes on the page that stand in a list hear of it from there.
      const predicate = ({ queryKey }: { queryKey: QueryKey }): boolean => !findInLists(queryClient, String(queryKey.at(-1)));
      if (what === "all") void queryClient.invalidateQueries({ queryKey: details(), predicate });
      await queryClient.invalidateQueries({ queryKey: lists() });
    },
  };
}

function cachedLists(queryClient: QueryClient): [QueryKey, readonly Sandbox[] | undefined][] {
  return queryClient.getQueriesData<readonly Sandbox[]>({ queryKey: sandboxKeys.lists() });
}

/** Only lists are arrays among the data of this package's queries for sandboxes. */
function isRows(value: unknown): value is readonly Sandbox[] {
  return Array.isArray(value);
}
