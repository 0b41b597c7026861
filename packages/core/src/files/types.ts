import type { CallOptions, MutationOptions } from "../options.js";

/** Kinds of directory entries. */
export type FileType = "file" | "directory" | "symlink";

/** One entry of a directory, or the facts about one path. Contract 4.8 and 6.6. */
export interface FileEntry {
  name: string;
  /** Absolute path inside the sandbox. */
  path: string;
  type: FileType;
  sizeBytes: number;
  /** ISO-8601, UTC. */
  modifiedAt: string | null;
  /** Permissions as the server writes them, such as `"0644"`; null when it does not. */
  mode: string | null;
  [member: string]: unknown;
}

/** A directory with what is in it, down to the asked depth. Contract 4.8. */
export interface FileTree {
  name: string;
  path: string;
  type: FileType;
  sizeBytes: number;
  modifiedAt: string | null;
  /** Absent for files, and for directories below the asked depth. */
  children?: FileTree[];
}

/** What a file is written from. */
export type FileContent = string | Uint8Array | ArrayBuffer | Blob;

/** What `writeMany` did. Files fail one by one: look at `failed`. Contract 4.8. */
export interface WriteManyResult {
  written: { path: string; sizeBytes: number }[];
  failed: { path: string; error: string }[];
}

/** Options of transfers. */
export interface TransferOptions extends CallOptions {
  /** Called as bytes go over the wire. `totalBytes` is undefined where nobody knows it. */
  onProgress?: ((progress: { sentBytes: number; totalBytes: number | undefined }) => void) | undefined;
}

/** Options of `upload`. */
export interface UploadOptions extends TransferOptions {
  /** Makes missing folders. @default true */
  createDirs?: boolean | undefined;
}

/** A file on its way. Read `body` to its end, or cancel it: until then its connection is open. */
export interface Download {
  body: ReadableStream<Uint8Array>;
  /** Undefined when the server does not say. */
  sizeBytes: number | undefined;
}

/** A change below a watched path. Contract 4.8. */
export interface FileChange {
  type: "created" | "modified" | "deleted" | "renamed";
  path: string;
  /** Where a renamed file was before. */
  oldPath?: string;
  sizeBytes?: number;
  [member: string]: unknown;
}

/** Options of `watch`. */
export interface WatchFilesOptions {
  /** Below folders too. @default true */
  recursive?: boolean | undefined;
  /** Called once the server watches: changes from here on are told. */
  onOpen?: (() => void) | undefined;
  /** Ends the watch; the loop rejects with the signal's reason and the connection is closed. */
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Files of a sandbox or computer. Paths are absolute, or relative to its workspace. Contract 4.8 and 6.6. */
export interface Files {
  /** The entries of a folder. `GET /computers/:id/files/list`. @default "/workspace" */
  list(id: string, path?: string, options?: CallOptions): Promise<FileEntry[]>;
  /** A folder and what is below it. `depth` is 1 to 10, 3 by default. `GET /sandboxes/:id/files/tree`. */
  tree(id: string, path?: string, options?: CallOptions & { depth?: number; includeHidden?: boolean }): Promise<FileTree>;
  /** A file's bytes, whole. `GET /computers/:id/files/download`. */
  read(id: string, path: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** A file's text, as UTF-8. `GET /computers/:id/files/download`. */
  readText(id: string, path: string, options?: CallOptions): Promise<string>;
  /** Writes a small file, whole: it is sent as base64 in JSON. Missing folders are made. `POST /computers/:id/files/write`. */
  write(id: string, path: string, content: FileContent, options?: MutationOptions): Promise<void>;
  /** Writes several small files in one call. `POST /sandboxes/:id/files/write-many`. */
  writeMany(id: string, files: readonly { path: string; content: FileContent }[], options?: MutationOptions): Promise<WriteManyResult>;
  /**
   * Sends a file of any size as multipart. Outside browsers the body streams, in constant memory and with progress; a browser streams
   * a `Blob` or `File` from where it lies, and gathers a `ReadableStream` first. Never retried. `timeoutMs` has no default here.
   * `POST /computers/:id/files/upload`.
   */
  upload(id: string, path: string, content: FileContent | ReadableStream<Uint8Array>, options?: UploadOptions): Promise<void>;
  /** Opens a file of any size as a stream. `timeoutMs` bounds the whole transfer and has no default here. `GET /computers/:id/files/download`. */
  download(id: string, path: string, options?: TransferOptions): Promise<Download>;
  /** Facts about one path; a missing one rejects with a 404 `ApiError`. `POST /computers/:id/files/stat`. */
  stat(id: string, path: string, options?: CallOptions): Promise<FileEntry>;
  /** Makes a folder, with its parents unless `recursive` is false. `POST /computers/:id/files/mkdir`. */
  mkdir(id: string, path: string, options?: MutationOptions & { recursive?: boolean }): Promise<void>;
  /** Moves or renames. `POST /computers/:id/files/rename`. */
  rename(id: string, from: string, to: string, options?: MutationOptions): Promise<void>;
  /** Deletes a file, or with `recursive` a folder and all in it. `DELETE /computers/:id/files`. */
  delete(id: string, path: string, options?: CallOptions & { recursive?: boolean }): Promise<void>;
  /** A short-lived link with which anyone can download a file. `POST /computers/:id/files/export`. */
  exportUrl(id: string, path: string, options?: CallOptions): Promise<{ url: string; expiresAt: string | null }>;
  /** Yields the changes below a path until left or aborted. Throws a NetworkError when the connection is lost: look again, then watch again. `GET /sandboxes/:id/files/watch`. */
  watch(id: string, path?: string, options?: WatchFilesOptions): AsyncGenerator<FileChange, void, void>;
}
