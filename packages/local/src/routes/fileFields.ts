import { BoxFileError } from "../agent/fileError.mjs";
import type { BoxFile, BoxTree } from "../drivers/boxFiles.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import type { LocalRoute } from "./localRoute.js";

type Body = Readonly<Record<string, unknown>>;

/** Directory that the file routes start in unless told otherwise. */
export const workspace = "/workspace";

/** Reads a member that is a path. Throws a 400 without one. */
export function requiredPath(value: unknown, name = "path"): string {
  if (typeof value === "string" && value !== "") return value;
  throw new HttpProblem("MISSING_PARAM", `${name} is required.`);
}

/** Reads a file's bytes: `content_base64`, or `content` in base64, or as text with `encoding: "utf8"`. Contract 8, C23. */
export function readContent({ content, content_base64: base64, encoding = "base64" }: Body): Uint8Array {
  if (base64 === undefined && encoding === "utf8" && typeof content === "string") return Buffer.from(content);
  if (encoding !== "utf8" && encoding !== "base64") throw validationProblem({ encoding: ["must be utf8 or base64"] });
  const text = base64 ?? content;
  if (typeof text === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, "base64");
  throw validationProblem({ [base64 === undefined && content !== undefined ? "content" : "content_base64"]: ["must be base64"] });
}

/** Reads permission bits, as a number or as octal text such as `"0755"`. */
export function readMode({ mode }: Body): number | undefined {
  if (mode === undefined || mode === null) return undefined;
  const value = typeof mode === "string" && /^(0o?)?[0-7]{3,4}$/.test(mode) ? Number.parseInt(mode.replace(/^0o/, ""), 8) : mode;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0o7777) return value;
  throw validationProblem({ mode: ["must be permission bits, such as \"0755\""] });
}

const kinds = { file: "file", directory: "directory", symlink: "symlink", other: "file" } as const;

/** A file with every name that a reader of the API may look for. Contract 6.6. */
export function toWireFile(file: BoxFile): Record<string, unknown> {
  return {
    name: file.name,
    path: file.path,
    type: kinds[file.kind],
    is_dir: file.kind === "directory",
    is_symlink: file.kind === "symlink",
    size: file.sizeBytes,
    size_bytes: file.sizeBytes,
    mode: file.mode.toString(8).padStart(4, "0"),
    permissions: file.mode.toString(8).padStart(4, "0"),
    modified_at: toTime(file.modifiedAtMs),
  };
}

/** A node of a tree, in which a directory is a `dir`. Contract 4.8. */
export function toWireTree(node: BoxTree): Record<string, unknown> {
  const type = node.kind === "directory" ? "dir" : kinds[node.kind];
  return { ...toWireFile(node), type, ...(node.children && { children: node.children.map(toWireTree) }) };
}

/** A route whose answer says what is wrong with a file. A persistent sandbox that is paused is resumed for it. */
export function fileRoute(of: LocalRoute["route"], answer: LocalRoute["answer"], more: Partial<LocalRoute> = {}): LocalRoute {
  return {
    route: of,
    wakes: true,
    ...more,
    answer: async (context) => {
      try {
        return await answer(context);
      } catch (error) {
        throw error instanceof BoxFileError ? problemOf(error) : error;
      }
    },
  };
}

function problemOf(error: BoxFileError): HttpProblem {
  switch (error.code) {
    case "NOT_FOUND":
      return new HttpProblem("NOT_FOUND", error.message);
    case "FORBIDDEN_PATH":
      return new HttpProblem("FORBIDDEN_PATH", error.message);
    case "ALREADY_EXISTS":
    case "NOT_EMPTY":
      return new HttpProblem("CONFLICT", error.message);
    case "TOO_LARGE":
    case "NO_SPACE":
      return new HttpProblem("FILE_TOO_LARGE", error.message);
    case "IO_ERROR":
      return new HttpProblem("AGENT_UNAVAILABLE", error.message);
    default:
      return validationProblem({ path: [error.message] });
  }
}
