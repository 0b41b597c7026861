import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "./strictJson.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const forbidden = ["__proto__", "prototype", "constructor"];

test("what every parser reads alike is read like JSON.parse reads it", () => {
  const shape = { key: fc.string({ unit: "grapheme" }).filter((key) => !forbidden.includes(key)), maxDepth: 6 };
  fc.assert(
    fc.property(fc.object(shape), fc.constantFrom(0, 2, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test("a key that stands twice in one object is found wherever it is and however it is written", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((key) => !forbidden.includes(key));
  const escape = (key: string): string => `"${[...Array(key.length).keys()].map((index) => `\\u${key.charCodeAt(index).toString(16).padStart(4, "0")}`).join("")}"`;
  fc.assert(
    fc.property(text, fc.json(), fc.boolean(), (key, other, isEscaped) => {
      const second = isEscaped ? escape(key) : JSON.stringify(key);
      const body = `{"outer":[{${JSON.stringify(key)}:1, "x\\"{,": [${other.replace(/__proto__|prototype|constructor/g, "")}]`;
      expect(() => parseStrictJson(bytes(`${body}, ${second} : 2}]}`))).toThrow(/The request body/);
    }),
    { numRuns: 300 },
  );
});

test("equal keys in different objects are fine", () => {
  expect(parseStrictJson(bytes('{"a":{"a":1},"b":[{"a":1},{"a":2}]}'))).toEqual({ a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] });
});
