import { ProtocolError } from "../errors.js";
import { asNumber, asString, isRecord } from "../guards.js";
import { camelize } from "../wire.js";
import type { FileEntry, FileTree, FileType } from "./types.js";

/** Reads an entry by any of the spellings of contract 4.8 and 6.6. */
export function fileFromWire(wire: Readonly<Record<string, unknown>>): FileEntry {
  const path = asString(wire["path"]);
  if (path === undefined) throw new ProtocolError("The server sent a file without a path.", { code: "INVALID_RESPONSE" });
  const mode = wire["mode"] ?? wire["permissions"];
  return {
    ...camelize(wire),
    name: asString(wire["name"]) ?? nameOf(path),
    path,
    type: typeOf(wire),
    sizeBytes: asNumber(wire["size_bytes"]) ?? asNumber(wire["size"]) ?? 0,
    modifiedAt: asString(wire["modified_at"]) ?? null,
    mode: typeof mode === "number" ? `0${mode.toString(8)}` : (asString(mode) ?? null),
  };
}

/** Reads a node of a tree with what is below it. */
export function treeFromWire(wire: Readonly<Record<string, unknown>>): FileTree {
  const { name, path, type, sizeBytes, modifiedAt } = fileFromWire(wire);
  const children = wire["children"];
  return {
    name,
    path,
    type,
    sizeBytes,
    modifiedAt,
    ...(Array.isArray(children) && { children: children.filter(isRecord).map(treeFromWire) }),
  };
}

function typeOf(wire: Readonly<Record<string, unknown>>): FileType {
  const type = wire["type"];
  if (type === "symlink" || wire["is_symlink"] === true) return "symlink";
  return type === "dir" || type === "directory" || wire["is_dir"] === true ? "directory" : "file";
}

function nameOf(path: string): string {
  return path.split("/").findLast((part) => part !== "") ?? "/";
}
