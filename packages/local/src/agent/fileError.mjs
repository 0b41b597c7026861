/** @typedef {"NOT_FOUND" | "FORBIDDEN_PATH" | "INVALID_PATH" | "NOT_A_DIRECTORY" | "IS_A_DIRECTORY" | "NOT_A_FILE" | "ALREADY_EXISTS" | "NOT_EMPTY" | "NO_SPACE" | "TOO_LARGE" | "TOO_MANY" | "IO_ERROR"} FileErrorCode */

/** @type {Readonly<Record<string, FileErrorCode>>} */
const codes = {
  ENOENT: "NOT_FOUND",
  EACCES: "FORBIDDEN_PATH",
  EPERM: "FORBIDDEN_PATH",
  EROFS: "FORBIDDEN_PATH",
  ELOOP: "FORBIDDEN_PATH",
  ENAMETOOLONG: "INVALID_PATH",
  EINVAL: "INVALID_PATH",
  ENOTDIR: "NOT_A_DIRECTORY",
  EISDIR: "IS_A_DIRECTORY",
  ERR_FS_EISDIR: "IS_A_DIRECTORY",
  EEXIST: "ALREADY_EXISTS",
  ENOTEMPTY: "NOT_EMPTY",
  ENOSPC: "NO_SPACE",
  EDQUOT: "NO_SPACE",
  EFBIG: "TOO_LARGE",
};

/** What is wrong with a file or a path, for the caller to see. It names the path as the box does, never the host's. */
export class BoxFileError extends Error {
  /**
   * @param {FileErrorCode} code
   * @param {string} path as the caller gave it
   * @param {string} [message]
   */
  constructor(code, path, message = messages[code]) {
    super(message);
    this.name = "BoxFileError";
    this.code = code;
    this.path = path;
  }
}

/** @type {Readonly<Record<FileErrorCode, string>>} */
const messages = {
  NOT_FOUND: "There is no such file or directory.",
  FORBIDDEN_PATH: "The path must lie in /workspace, /home/user or /tmp, and the sandbox's user must be allowed to use it.",
  INVALID_PATH: "This is not a path that can be used.",
  NOT_A_DIRECTORY: "It is not a directory.",
  IS_A_DIRECTORY: "It is a directory.",
  NOT_A_FILE: "It is not a regular file.",
  ALREADY_EXISTS: "It exists already.",
  NOT_EMPTY: "The directory is not empty. Remove it recursively to remove what is in it too.",
  NO_SPACE: "The sandbox has no space left.",
  TOO_LARGE: "The file is too large.",
  TOO_MANY: "There are too many files to look at.",
  IO_ERROR: "The file system failed.",
};

/** @type {ReadonlySet<string>} */
const names = new Set(Object.keys(messages));

/**
 * True for a code of {@link BoxFileError}.
 * @param {unknown} value
 * @returns {value is FileErrorCode}
 */
export function isFileErrorCode(value) {
  return typeof value === "string" && names.has(value);
}

/**
 * What a failing call of the file system means to the caller.
 * @param {unknown} error
 * @param {string} path as the caller gave it
 */
export function toFileError(error, path) {
  if (error instanceof BoxFileError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return new BoxFileError(codes[code] ?? "IO_ERROR", path);
}
