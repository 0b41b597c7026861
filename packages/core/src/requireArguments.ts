import { invalidArgument } from "./errors.js";
import { isRecord } from "./guards.js";

/** Throws `INVALID_ARGUMENT` unless `value` is a non-empty string. */
export function requireString(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "") throw invalidArgument(`${name} must be a non-empty string.`);
}

/** Throws `INVALID_ARGUMENT` unless `id` is a non-empty string. */
export function requireId(id: string, name = "id"): void {
  requireString(name, id);
}

/** Throws `INVALID_ARGUMENT` unless `value` is an object. */
export function requireObject(name: string, value: unknown): void {
  if (!isRecord(value)) throw invalidArgument(`${name} must be an object.`);
}

/** Throws `INVALID_ARGUMENT` unless `value` is a number from `min` to `max`. */
export function requireNumber(name: string, value: unknown, min: number, max: number = Number.POSITIVE_INFINITY): void {
  if (typeof value === "number" && value >= min && value <= max) return;
  throw invalidArgument(`${name} must be a number from ${min} to ${max}.`);
}

/** Throws `INVALID_ARGUMENT` unless `value` is absent or one of `allowed`. */
export function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.some((each) => each === value)) {
    throw invalidArgument(`${name} must be one of ${allowed.join(", ")}.`);
  }
}
