import type { ListSandboxesFilter, Sandbox } from "../computers/types.js";

/** Something a page learned about a sandbox other than by asking for it. */
export interface SandboxChange {
  id: string;
  /** What the sandbox looks like afterwards; the very same object when this is no news. Undefined where too little is known of it. */
  apply: (sandbox: Sandbox | undefined) => Sandbox | undefined;
  /** Id of the optimistic row that it replaces. */
  insteadOf?: string | undefined;
}

/** A list that an app keeps: the filter it asked with, and the answer. */
export interface StoredList {
  readonly filter: ListSandboxesFilter;
  readonly rows: readonly Sandbox[];
  /** Shows other rows in their place. They were pushed, so the list counts as no newer than it did. */
  put(rows: readonly Sandbox[]): void;
}

/** Where an app keeps its sandboxes: a query cache, or a store of its own. Everything but {@link SandboxStorage.refresh} is synchronous. */
export interface SandboxStorage {
  lists(): readonly StoredList[];
  get(id: string): Sandbox | undefined;
  /** Changes a sandbox that is stored by itself; does nothing for one that is not. It was pushed, so it counts as no newer than it did. */
  put(sandbox: Sandbox): void;
  /** Stores the server's answer about a sandbox. */
  add(sandbox: Sandbox): void;
  /** Runs `change` and shows what it did at once, not step by step. */
  batch(change: () => void): void;
  /** Asks the server again for the lists on the page that are stale, for all lists, or for all lists and the sandboxes in none of them. It shows its own errors: one it rejects with goes nowhere. */
  refresh(what: "staleLists" | "lists" | "all"): Promise<void>;
}

/** A question to the server, made before it is sent. Its answer is older than every change recorded since: catch up when it is stored. */
export interface Question {
  /** An answer about one sandbox, with what was learned since it was asked for. */
  one(answer: Sandbox): Sandbox;
  /** The same for a list; the very same array when nothing was. */
  rows(answer: readonly Sandbox[], filter: ListSandboxesFilter): readonly Sandbox[];
}

/** The sandboxes that an app keeps, changed in place by what it learns without asking. */
export interface SandboxCache {
  ask(): Question;
  /** Changes the stored sandboxes and every stored list now, each once, and every answer that was asked for before now. */
  record(...changes: SandboxChange[]): void;
  /** The same, and answers asked for later are changed too, until the returned function is called: the server may not know yet. */
  hold(change: SandboxChange): () => void;
  /** Rows that a list was answered with are news for sandboxes that are stored by themselves too, unless those are newer. */
  spread(rows: readonly Sandbox[]): void;
  find(id: string): Sandbox | undefined;
  /** Filters of the stored lists. */
  filters(): ListSandboxesFilter[];
  /** Stores a sandbox that nobody has asked for yet. */
  add(sandbox: Sandbox): void;
  refresh: SandboxStorage["refresh"];
  /** A number that no other optimistic row in this cache has. */
  nextNumber(): number;
  /** Says that a create is on its way, until it has settled: its sandbox has a row already and needs no second one. */
  creating(create: Promise<unknown>): void;
  /** Resolves when no create is on its way any more; undefined when none is. */
  created(): Promise<unknown> | undefined;
  /** From now on nothing that is recorded reaches the storage. */
  retire(): void;
}
