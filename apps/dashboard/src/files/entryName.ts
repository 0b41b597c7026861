import type { FileEntry } from "@miosa/core";

/** What is wrong with a name that something has. */
export const nameIsTaken = "There is one of this name already.";

/** What is wrong with a name for a new file or folder, which may hold slashes; null when it can be had. */
export function mistakeInPath(name: string, taken: readonly FileEntry[]): string | null {
  const parts = name.split("/");
  if (name === "") return "Give it a name.";
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "A name cannot begin or end with a slash, or go up with dots.";
  return parts.length === 1 ? mistakeIfTaken(name, taken) : null;
}

/** What is wrong with another name for what is in a folder already; null when it can be had. */
export function mistakeInName(name: string, taken: readonly FileEntry[]): string | null {
  if (name === "") return "Give it a name.";
  if (name.includes("/") || name === "." || name === "..") return "A name has no slashes, and is not made of dots.";
  return mistakeIfTaken(name, taken);
}

function mistakeIfTaken(name: string, taken: readonly FileEntry[]): string | null {
  return taken.some((entry) => entry.name === name) ? nameIsTaken : null;
}
