import type { ListSandboxesFilter, Sandbox } from "@miosa/core";
import { notifyManager, type Query, type QueryClient, replaceEqualDeep } from "@tanstack/react-query";
import { changeRows, changeSandbox, endBoot, idOf, type SandboxChange, shareRows } from "./sandboxRows.js";
import { sandboxKeys } from "./sandboxKeys.js";

/** Replies on their way into the query cache that must first catch up with what was learned since they were asked for. */
const arriving = new WeakMap<object, () => unknown>();
const caches = new WeakMap<QueryClient, SandboxCache>();

/** One place in the log of changes; `next` is the change that was learned after it. */
interface LogEntry {
  next?: Learned;
}

interface Learned extends LogEntry {
  readonly change: SandboxChange;
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
  /** Changes the cached sandbox and every cached list now, and every answer that was asked for before now. */
  record(change: SandboxChange): void;
  /** The same, and answers asked for later are changed too, until the returned function is called: the server may not know yet. */
  hold(change: SandboxChange): () => void;
  find(id: string): Sandbox | undefined;
  /** A number that no other optimistic row in this cache has. */
  nextNumber(): number;
  /** A sandbox's boot ended, well or not. */
  booted(id: string, state: "running" | "error"): void;
  /** Stores a sandbox that nobody has asked for yet. */
  seed(sandbox: Sandbox): void;
  /** From now on nothing that is recorded reaches the query cache. */
  retire(): void;
}

/** The sandboxes in a query cache. They live as long as the cache does. */
export function sandboxCacheOf(queryClient: QueryClient): SandboxCache {
  const known = caches.get(queryClient);
  if (known !== undefined) return known;
  const made = createSandboxCache(queryClient);
  caches.set(queryClient, made);
  return made;
}

/** Drops all sandboxes from a query cache, and what is still on its way there. Those on the page are asked for again. */
export async function forgetSandboxes(queryClient: QueryClient): Promise<void> {
  caches.get(queryClient)?.retire();
  caches.delete(queryClient);
  await queryClient.resetQueries({ queryKey: sandboxKeys.all });
}

/**
 * `structuralSharing` of every sandbox query. A reply never undoes what was learned after it was asked for: the changes
 * recorded since then are applied to it first. A linked log holds them, so that each is freed once no reply can need it.
 */
export function takeReply(previous: unknown, reply: unknown): unknown {
  const next = isObject(reply) ? (arriving.get(reply)?.() ?? reply) : reply;
  if (isRows(previous) && isRows(next)) return shareRows(previous, next);
  return replaceEqualDeep(previous, next);
}

function createSandboxCache(queryClient: QueryClient): SandboxCache {
  const queryCache = queryClient.getQueryCache();
  const held = new Set<SandboxChange>();
  let newest: LogEntry = {};
  let numbers = 0;
  let retired = false;

  function record(change: SandboxChange): void {
    if (retired) return;
    const entry: Learned = { change };
    newest.next = entry;
    newest = entry;
    notifyManager.batch(() => {
      for (const query of queryCache.findAll({ queryKey: sandboxKeys.lists() })) {
        const { data } = query.state;
        if (isRows(data)) store(query, changeRows(data, change, filterOf(query)));
      }
      const query = queryCache.find({ queryKey: sandboxKeys.detail(idOf(change)) });
      if (query !== undefined && isSandbox(query.state.data)) store(query, changeSandbox(query.state.data, change));
    });
  }

  /** Data that was pushed is no newer answer: the entry stays as old, and as invalid, as it was. */
  function store(query: Query, data: unknown): void {
    const { data: before, dataUpdatedAt, isInvalidated } = query.state;
    if (data === before) return;
    queryClient.setQueryData(query.queryKey, data, { updatedAt: dataUpdatedAt });
    if (isInvalidated) query.invalidate();
  }

  function ask(): Question {
    const asked = newest;
    function settle<Answer extends object>(answer: Answer, apply: (answer: Answer, change: SandboxChange) => Answer): Answer {
      let settled = answer;
      for (let entry = asked.next; entry !== undefined; entry = entry.next) settled = apply(settled, entry.change);
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
        arriving.set(answer, () => settle<readonly Sandbox[]>(answer, (rows, change) => changeRows(rows, change, filter)));
        return answer;
      },
    };
  }

  function find(id: string): Sandbox | undefined {
    const detail = queryClient.getQueryData(sandboxKeys.detail(id));
    if (isSandbox(detail)) return detail;
    for (const [, rows] of queryClient.getQueriesData({ queryKey: sandboxKeys.lists() })) {
      const row = isRows(rows) ? rows.find((candidate) => candidate.id === id) : undefined;
      if (row !== undefined) return row;
    }
    return undefined;
  }

  return {
    ask,
    record,
    find,
    hold(change) {
      held.add(change);
      record(change);
      return () => void held.delete(change);
    },
    nextNumber: () => ++numbers,
    booted(id, state) {
      const row = find(id);
      const booted = row && endBoot(row, state);
      record({ type: "booted", id, state, known: booted === row ? undefined : booted });
    },
    seed(sandbox) {
      if (!retired) queryClient.setQueryData(sandboxKeys.detail(sandbox.id), sandbox);
    },
    retire() {
      retired = true;
    },
  };
}

/** A list's filter is the last part of its key. */
function filterOf(query: Query): ListSandboxesFilter {
  const filter = query.queryKey[sandboxKeys.lists().length];
  return isObject(filter) ? filter : {};
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isSandbox(value: unknown): value is Sandbox {
  return isObject(value) && "id" in value && "state" in value;
}

function isRows(value: unknown): value is readonly Sandbox[] {
  return Array.isArray(value) && value.every(isSandbox);
}
