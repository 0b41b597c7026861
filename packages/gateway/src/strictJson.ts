import { Denial } from "./denial.js";

const deepest = 64;

/** Names that reach a prototype in code which copies objects carelessly. */
const prototypeKeys = new Set(["__proto__", "prototype", "constructor"]);

/**
 * Parses JSON that every parser reads alike: UTF-8 without errors, no key twice in one object, no key that names a
 * prototype, not too deep. Throws a 400 otherwise.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  const value = parse(text);
  checkKeys(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid("is not UTF-8"); // the decoder's own message says no more
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw invalid("is not JSON"); // the parser's own message quotes the body
  }
}

/** Walks over JSON that is known to be well-formed, looking at nothing but nesting and keys. */
function checkKeys(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '"') {
      const end = endOfString(text, index);
      const keys = open.at(-1);
      if (expectsKey && keys) claimKey(keys, text.slice(index, end + 1));
      expectsKey = false;
      index = end;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      if (open.length > deepest) throw invalid("is nested too deep");
      expectsKey = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
      expectsKey = false;
    } else if (char === ",") {
      expectsKey = open.at(-1) !== undefined;
    }
  }
}

function claimKey(keys: Set<string>, literal: string): void {
  const key: unknown = JSON.parse(literal);
  if (typeof key !== "string" || keys.has(key)) throw invalid("has a key twice");
  if (prototypeKeys.has(key)) throw invalid("has a key that is not allowed");
  keys.add(key);
}

function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let escapes = 0;
    while (text[end - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return end;
  }
}

function invalid(what: string): Denial {
  return new Denial(400, "INVALID_JSON", `The request body ${what}.`);
}
