import { ProtocolError } from "./errors.js";
import { isRecord } from "./guards.js";

/** Members whose values belong to the user and keep their own spelling. */
const userOwned: ReadonlySet<string> = new Set(["metadata", "env", "settings", "labels"]);

/** Copies a wire object with its keys in camelCase, all the way down, and what the user owns left as it is. */
export function camelize(wire: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // Not by assignment: a member named __proto__ would change the prototype.
  return Object.fromEntries(
    Object.entries(wire).map(([key, value]) => [
      key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      userOwned.has(key) ? value : camelizeValue(value),
    ]),
  );
}

/** Copies an object with its keys in snake_case. Their values are the user's own, and stay as they are. */
export function snakeKeys(given: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]));
}

function camelizeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelizeValue);
  return isRecord(value) ? camelize(value) : value;
}

/**
 * Takes one resource out of any envelope of contract 1.5: bare, under `data`, or under its own name. Members beside
 * `data` are kept. Throws a ProtocolError when there is no object.
 */
export function unwrapOne(body: unknown, ...names: string[]): Record<string, unknown> {
  if (!isRecord(body)) throw unexpected("an object");
  const { data, ...beside } = body;
  if (isRecord(data)) return { ...beside, ...data };
  for (const name of names) {
    const inner = body[name];
    if (isRecord(inner)) {
      const { [name]: _, ...rest } = body;
      return { ...rest, ...inner };
    }
  }
  return body;
}

/** Takes a list out of any envelope of contract 1.5, with what stands beside it. Throws a ProtocolError when there is none. */
export function unwrapMany(
  body: unknown,
  ...names: string[]
): { items: Record<string, unknown>[]; beside: Record<string, unknown> } {
  if (Array.isArray(body)) return { items: body.filter(isRecord), beside: {} };
  if (!isRecord(body)) throw unexpected("a list");
  for (const name of ["data", ...names]) {
    const inner = body[name];
    if (Array.isArray(inner)) return { items: inner.filter(isRecord), beside: body };
    if (isRecord(inner)) return unwrapMany(inner, ...names);
  }
  throw unexpected("a list");
}

function unexpected(wanted: string): ProtocolError {
  return new ProtocolError(`The server's answer is not ${wanted}. Check baseUrl, and that it is a MIOSA API.`, {
    code: "INVALID_RESPONSE",
  });
}
