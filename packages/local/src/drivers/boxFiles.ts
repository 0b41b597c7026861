import type { BoxFileError } from "../agent/fileError.mjs";

/** What a path of a box stands for. A link is never followed out of the box's places. */
export interface BoxFile {
  /** As the box names it, such as `/workspace/a.txt`. */
  readonly path: string;
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits, such as `0o644`. */
  readonly mode: number;
  /** Milliseconds since 1970. */
  readonly modifiedAtMs: number;
}

/** A directory and what is below it. */
export interface BoxTree extends BoxFile {
  /** Present on directories that were looked into: directories first, then by name. */
  readonly children?: readonly BoxTree[];
}

/** A change below a watched path. A rename is a deletion and a creation. */
export interface BoxFileChange {
  readonly type: "created" | "modified" | "deleted";
  readonly path: string;
  readonly kind: BoxFile["kind"];
  /** Absent on a deletion. */
  readonly sizeBytes?: number;
}

/** A file that is being read. */
export interface BoxFileContent {
  readonly file: BoxFile;
  /** The bytes, piece by piece. Leaving the iteration closes the file. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/**
 * The files of one box. Paths are absolute, or relative to `/workspace`, and must lie in `/workspace`, `/home/user` or `/tmp`;
 * neither `..` nor a link leads out of these. All functions reject with a {@link BoxFileError}.
 */
export interface BoxFiles {
  /** The entries of a directory, by name. With `depth` above 1, of the directories below it too. */
  list(path: string, options?: { readonly depth?: number }): Promise<readonly BoxFile[]>;
  /** Looks at one path; a link to something within the box's places is followed. */
  stat(path: string): Promise<BoxFile>;
  /** `depth` levels of a directory (1 is its own entries), without names that start with a dot unless `includeHidden`. */
  tree(path: string, options?: { readonly depth?: number; readonly includeHidden?: boolean }): Promise<BoxTree>;
  /** Opens a file. `offset` and `length` are in bytes. */
  read(path: string, options?: { readonly offset?: number; readonly length?: number; readonly signal?: AbortSignal }): Promise<BoxFileContent>;
  /**
   * Writes a whole file. Others see the old content until the last byte is there, and still do when `content` fails or
   * `signal` aborts. Rejects with `TOO_LARGE` past `maxBytes`.
   */
  write(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options?: BoxWriteOptions): Promise<BoxFile>;
  /** With `parents`, makes missing directories above it and takes one that is there already. */
  mkdir(path: string, options?: { readonly parents?: boolean; readonly mode?: number }): Promise<BoxFile>;
  /** Moves a file or directory; a file at `to` is replaced. */
  rename(from: string, to: string): Promise<BoxFile>;
  /** Copies a file, or with `recursive` a directory. Links are copied as links. */
  copy(from: string, to: string, options?: { readonly recursive?: boolean }): Promise<BoxFile>;
  /** Removes a file, a link, or an empty directory; with `recursive` a full one too. */
  remove(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  chmod(path: string, mode: number): Promise<BoxFile>;
  /**
   * Calls `onChange` with each change below a directory, or of one file, until `signal` aborts; then it resolves.
   * `onStarted` is called once no later change can be missed.
   */
  watch(path: string, options: BoxWatchOptions): Promise<void>;
}

/** Options of writing a file. */
export interface BoxWriteOptions {
  /** Makes missing directories above it. */
  readonly parents?: boolean;
  /** Permission bits of a new file. @default 0o644 */
  readonly mode?: number;
  /** @default no limit of its own */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Options of watching files. */
export interface BoxWatchOptions {
  /** @default false: only the directory's own entries */
  readonly recursive?: boolean;
  readonly signal: AbortSignal;
  readonly onStarted?: () => void;
  onChange(change: BoxFileChange): void;
}

/** Names of what can go wrong with a file. */
export type BoxFileErrorCode = BoxFileError["code"];
