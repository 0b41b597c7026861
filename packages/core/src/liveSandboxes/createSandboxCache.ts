import type { Sandbox } from "../computers/types.js";
import { changeRows, changeSandbox } from "./sandboxChanges.js";
import type { SandboxCache, SandboxChange, SandboxStorage } from "./types.js";

/** One place in the log of changes; `next` is the change that was learned after it. */
interface LogEntry {
  change?: SandboxChange;
  next?: LogEntry;
}

/**
 * Keeps what an app has stored of its sandboxes in order: what is learned without asking changes it in place, and no answer undoes
 * what was learned after it was asked for.
 */
export function createSandboxCache(storage: SandboxStorage): SandboxCache {
  const held = new Set<SandboxChange>();
  const creates = new Set<Promise<unknown>>();
  // A linked log, so that each change is freed once no answer can need it.
  let newest: LogEntry = {};
  let numbers = 0;
  let retired = false;

  function find(id: string): Sandbox | undefined {
    return storage.get(id) ?? storage.lists().flatMap(({ rows }) => rows.find((row) => row.id === id) ?? [])[0];
  }

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
    storage.batch(() => {
      for (const { filter, rows, put } of storage.lists()) put(all.reduce((next, change) => changeRows(next, change, filter), rows));
      for (const id of new Set(changes.map((change) => change.id))) {
        const sandbox = storage.get(id);
        if (sandbox) storage.put(all.reduce(changeSandbox, sandbox));
      }
    });
  }

  return {
    ask() {
      const asked = newest;
      function settle<Answer>(answer: Answer, apply: (answer: Answer, change: SandboxChange) => Answer): Answer {
        let settled = answer;
        for (let entry = asked.next; entry; entry = entry.next) if (entry.change) settled = apply(settled, entry.change);
        for (const change of held) settled = apply(settled, change);
        return settled;
      }
      return {
        one: (answer) => settle(answer, changeSandbox),
        rows: (answer, filter) => settle(answer, (rows, change) => changeRows(rows, change, filter)),
      };
    },
    spread(rows) {
      for (const row of rows) {
        const sandbox = storage.get(row.id);
        if (sandbox && (sandbox.updatedAt ?? "") <= (row.updatedAt ?? "")) storage.put({ ...sandbox, ...row });
      }
    },
    record,
    hold(change) {
      held.add(change);
      record(change);
      return () => void held.delete(change);
    },
    find,
    filters: () => storage.lists().map(({ filter }) => filter),
    add(sandbox) {
      if (!retired) storage.add(sandbox);
    },
    refresh: storage.refresh,
    nextNumber: () => ++numbers,
    creating(create) {
      creates.add(create);
      const forget = (): void => void creates.delete(create);
      create.then(forget, forget);
    },
    created: () => (creates.size > 0 ? Promise.allSettled(creates) : undefined),
    retire() {
      retired = true;
    },
  };
}
