import { dirname } from "node:path";
import type { JournalChange } from "./journal.js";
import { LocalStateError } from "./localStateError.js";

/** The entries of a state directory. One process at a time has it open. */
export interface StateDatabase {
  /** All entries, by key. Throws a {@link LocalStateError} for one that is no JSON. */
  readAll(): Promise<ReadonlyMap<string, unknown>>;
  /** Writes changes, all or none, and resolves when they are on the disk. */
  write(changes: readonly JournalChange[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens the database in a directory. Throws a {@link LocalStateError} when another process has it open, or when it cannot be read. */
export async function openStateDatabase(directory: string): Promise<StateDatabase> {
  const { ClassicLevel } = await import("classic-level"); // native code, which a server that keeps nothing does not need
  const level = new ClassicLevel<string, string>(directory, { keyEncoding: "utf8", valueEncoding: "utf8" });
  try {
    await level.open();
  } catch (error) {
    throw explained(error, directory);
  }
  return {
    async readAll() {
      const entries = new Map<string, unknown>();
      try {
        for await (const [key, text] of level.iterator()) entries.set(key, parsed(key, text, directory));
      } catch (error) {
        throw error instanceof LocalStateError ? error : corrupt(directory, error);
      }
      return entries;
    },
    async write(changes) {
      const operations = changes.map(({ key, text }) => (text === undefined ? { type: "del" as const, key } : { type: "put" as const, key, value: text }));
      await level.batch(operations, { sync: true });
    },
    close: () => level.close(),
  };
}

function explained(error: unknown, directory: string): LocalStateError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "LEVEL_LOCKED") {
    return new LocalStateError("STATE_LOCKED", `Another server uses the state directory ${dirname(directory)}. Stop that one, or choose another directory.`, { cause: error });
  }
  return corrupt(directory, error);
}

function corrupt(directory: string, cause: unknown): LocalStateError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new LocalStateError(
    "STATE_CORRUPT",
    `The database ${directory} cannot be read (${reason}). Nothing was changed. Put it back from a copy, or choose another state directory; the sandboxes' files lie in boxes/ beside it.`,
    { cause },
  );
}

function parsed(key: string, text: string, directory: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(key, directory);
  }
}

/** The error of an entry that makes no sense. */
export function unreadable(key: string, directory: string): LocalStateError {
  return new LocalStateError(
    "STATE_CORRUPT",
    `The entry ${key} in the database ${directory} makes no sense to this server. Nothing was changed. Put the state directory back from a copy, or choose another one; the sandboxes' files lie in boxes/ beside the database.`,
  );
}
