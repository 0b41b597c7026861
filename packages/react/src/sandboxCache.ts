import type { ListSandboxesFilter, Sandbox } from "@miosa/core";
import { notifyManager, type QueryClient, type QueryKey, replaceEqualDeep } from "@tanstack/react-query";
import { memo } from "./memo.js";
import { changeRows, changeSandbox, type SandboxChange, shareRows } from "./sandboxRows.js";
import { sandboxKeys } from "./sandboxKeys.js";

/** Replies on their way into the query cache that must first catch up with what was learned since they were asked for. */
const arriving = new WeakMap<object, () => unknown>();
const caches = new WeakMap<QueryClient, SandboxCache>();

/** One place in the log of changes; `next` is the change that was learned after it. */
interface LogEntry {
  change?: SandboxChange;
  next?: LogEntry;
}

/** A question to the server, made before it is sent. Its answer is older than every change recorded since. */
export interface Question {
  /** An answer about one sandbox, brought up to date. */
  settle(answer: Sandbox): Sandbox;
  /** The same at the moment the answer is stored: give the result to the query cache unchanged. */
  one(answer: Sandbox): Sandbox;
  /** The same for a list. */
  rows(answer: Sandbox[], filter: ListSandboxesFilter): Sandbox[];
}

/** The sandboxes of one query cache, changed in place by what the page learns without asking. */
export interface SandboxCache {
  ask(): Question;
  /** Changes the cached sandboxes and every cached list now, each once, and every answer that was asked for before now. */
  record(...changes: SandboxChange[]): void;
  /** The same, and answers asked for later are changed too, until the returned function is called: the server may not know yet. */
  hold(change: SandboxChange): () => void;
  find(id: string): Sandbox | undefined;
  /** A sandbox as a list shows it, and when that list was fetched. */
  inList(id: string): { sandbox: Sandbox; updatedAt: number | undefined } | undefined;
  /** Filters of the lists in the cache. */
  filters(): ListSandboxesFilter[];
  /** A number that no other optimistic row in this cache has. */
  nextNumber(): number;
  /** Stores a sandbox that nobody has asked for yet. */
  seed(sandbox: Sandbox): void;
  /** From now on nothing that is recorded reaches the query cache. */
  retire(): void;
}

/** The sandboxes in a query cache. They live as long as the cache does. */
export function sandboxCacheOf(queryClient: QueryClient): SandboxCache {
  return memo(caches, queryClient, createSandboxCache);
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

/**
 * `structuralSharing` of every sandbox query. A reply never undoes what was learned after it was asked for: the changes
 * recorded since then are applied to it first. A linked log holds them, so that each is freed once no reply can need it.
 */
export function takeReply(previous: unknown, reply: unknown): unknown {
  const next = isObject(reply) ? (arriving.get(reply)?.() ?? reply) : reply;
  return isRows(previous) && isRows(next) ? shareRows(previous, next) : replaceEqualDeep(previous, next);
}

function createSandboxCache(queryClient: QueryClient): SandboxCache {
  const held = new Set<SandboxChange>();
  let newest: LogEntry = {};
  let numbers = 0;
  let retired = false;

  function record(...changes: SandboxChange[]): void {
    if (retired) return;
    const learned = changes.map((change) => {
      const known = find(change.id);
      // Lists that did not hold it until now get it from where it is known, if it is news.
      const apply = (sandbox = known): Sandbox | undefined => change.apply(sandbox);
      return { ...change, apply: (row?: Sandbox) => (row || apply() !== known ? apply(row) : undefined) };
    });
    for (const change of learned) newest = newest.next = { change };
    const all = [...learned, ...held];
    notifyManager.batch(() => {
      for (const [key, rows] of lists()) if (rows) store(key, all.reduce((next, change) => changeRows(next, change, filterOf(key)), rows));
      for (const id of new Set(changes.map((change) => change.id))) {
        const key = sandboxKeys.detail(id);
        const sandbox = queryClient.getQueryData<Sandbox>(key);
        if (sandbox) store(key, all.reduce(changeSandbox, sandbox));
      }
    });
  }

  /** Data that was pushed is no newer answer: the entry stays as old, and as invalid, as it was. */
  function store(queryKey: QueryKey, data: unknown): void {
    const before = queryClient.getQueryState(queryKey);
    if (!before || data === before.data) return;
    queryClient.setQueryData(queryKey, data, { updatedAt: before.dataUpdatedAt });
    if (before.isInvalidated) void queryClient.invalidateQueries({ queryKey, exact: true, refetchType: "none" });
  }

  /** A row that arrives with a list is news for the sandbox's own entry too, unless that is newer. */
  function refresh(row: Sandbox): void {
    const key = sandboxKeys.detail(row.id);
    const sandbox = queryClient.getQueryData<Sandbox>(key);
    if (sandbox && (sandbox.updatedAt ?? "") <= (row.updatedAt ?? "")) store(key, { ...sandbox, ...row });
  }

  function ask(): Question {
    const asked = newest;
    function settle<Answer extends object>(answer: Answer, apply: (answer: Answer, change: SandboxChange) => Answer): Answer {
      let settled = answer;
      for (let entry = asked.next; entry; entry = entry.next) if (entry.change) settled = apply(settled, entry.change);
      for (const change of held) settled = apply(settled, change);
      return settled;
    }
    return {
      settle: (answer) => settle(answer, changeSandbox),
      one(answer) {
        arriving.set(answer, () => settle(answer, changeSandbox));
        return answer;
      },
      rows(answer, filter) {
        for (const row of answer) refresh(settle(row, changeSandbox));
        arriving.set(answer, () => settle<readonly Sandbox[]>(answer, (rows, change) => changeRows(rows, change, filter)));
        return answer;
      },
    };
  }

  function lists(): [QueryKey, readonly Sandbox[] | undefined][] {
    return queryClient.getQueriesData<readonly Sandbox[]>({ queryKey: sandboxKeys.lists() });
  }

  function inList(id: string): { sandbox: Sandbox; updatedAt: number | undefined } | undefined {
    for (const [key, rows] of lists()) {
      const sandbox = rows?.find((row) => row.id === id);
      if (sandbox) return { sandbox, updatedAt: queryClient.getQueryState(key)?.dataUpdatedAt };
    }
    return undefined;
  }

  function find(id: string): Sandbox | undefined {
    return queryClient.getQueryData<Sandbox>(sandboxKeys.detail(id)) ?? inList(id)?.sandbox;
  }

  return {
    ask,
    record,
    find,
    inList,
    filters: () => lists().map(([key]) => filterOf(key)),
    hold(change) {
      held.add(change);
      record(change);
      return () => void held.delete(change);
    },
    nextNumber: () => ++numbers,
    seed(sandbox) {
      if (!retired) queryClient.setQueryData(sandboxKeys.detail(sandbox.id), sandbox);
    },
    retire() {
      retired = true;
    },
  };
}

/** A list's filter is the last part of its key. */
function filterOf(key: QueryKey): ListSandboxesFilter {
  const filter = key.at(-1);
  return isObject(filter) ? filter : {};
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Only lists are arrays among the data of this package's queries for sandboxes. */
function isRows(value: unknown): value is readonly Sandbox[] {
  return Array.isArray(value);
}
