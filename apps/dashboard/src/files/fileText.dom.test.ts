import { expect, test } from "vitest";
import { fromField, isText, lineEndsOf, toField } from "./fileText.js";

test.each([
  ["a\nb\n", "LF"],
  ["one line", "LF"],
  ["a\r\nb\r\n", "CRLF"],
  ["a\r\nb\n", "mixed"],
  ["\na\r\n", "mixed"],
] as const)("the line ends of %j are %s", (text, lineEnds) => {
  expect(lineEndsOf(text)).toBe(lineEnds);
});

test.each(["a\nb\n", "a\r\nb\r\n", "", "no end"])("%j is the same after a text field has held it", (text) => {
  expect(fromField(toField(text), lineEndsOf(text))).toBe(text);
});

test("bytes that are no UTF-8 are not taken for text", () => {
  const decode = (...bytes: number[]): string => new TextDecoder().decode(new Uint8Array(bytes));
  expect(isText(decode(0x61, 0xc3, 0xbc))).toBe(true);
  expect(isText(decode(0x61, 0xff))).toBe(false);
  expect(isText(decode(0x61, 0x00))).toBe(false);
});
