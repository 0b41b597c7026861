import { invalidArgument } from "./errors.js";

/** Throws `INVALID_ARGUMENT` unless `id` is a non-empty string. */
export function requireId(id: string, name = "id"): void {
  if (typeof id !== "string" || id === "") throw invalidArgument(`${name} must be a non-empty string.`);
}
