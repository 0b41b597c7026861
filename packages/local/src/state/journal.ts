import { createHash } from "node:crypto";
import { nextTurn } from "../timers.js";

/** What the server writes down so that it outlives it: entries of a key and a JSON value. */
export interface Journal {
  /** False where nothing outlives the server. */
  readonly keeps: boolean;
  /** Writes an entry soon. `read` gives its value at that time; undefined removes it. */
  note(key: string, read: () => unknown): void;
  /** Resolves when all that was noted before is on the disk. Rejects when it cannot be written. */
  settled(): Promise<void>;
}

/** The journal of a server that keeps nothing. */
export const noJournal: Journal = { keeps: false, note: () => {}, settled: async () => {} };

/** One change of the entries: a value to put, or undefined to delete. */
export interface JournalChange {
  readonly key: string;
  readonly text: string | undefined;
}

/**
 * Makes a journal that hands its changes to `write`, all that have come together at once. An entry is written again only when it
 * has changed. After a failure the changes wait for the next attempt.
 */
export function createJournal(write: (changes: readonly JournalChange[]) => Promise<void>, onError: (error: unknown) => void): Journal {
  const pending = new Map<string, () => unknown>();
  const written = new Map<string, string>();
  let writing: Promise<void> | undefined;

  function changeOf(key: string, read: () => unknown): JournalChange[] {
    const value = read();
    const text = value === undefined ? undefined : JSON.stringify(value);
    return text !== undefined && written.get(key) === digest(text) ? [] : [{ key, text }];
  }

  async function writePending(): Promise<void> {
    await nextTurn(); // what one request changes is written together
    while (pending.size > 0) {
      const taken = [...pending];
      pending.clear();
      try {
        const changes = taken.flatMap(([key, read]) => changeOf(key, read));
        if (changes.length > 0) await write(changes);
        for (const { key, text } of changes) {
          if (text === undefined) written.delete(key);
          else written.set(key, digest(text));
        }
      } catch (error) {
        for (const [key, read] of taken) if (!pending.has(key)) pending.set(key, read);
        throw error;
      }
    }
  }

  function start(): Promise<void> {
    writing ??= writePending().finally(() => (writing = undefined));
    return writing;
  }

  return {
    keeps: true,
    note(key, read) {
      pending.set(key, read);
      start().catch(onError);
    },
    async settled() {
      await writing;
      if (pending.size > 0) await start();
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
