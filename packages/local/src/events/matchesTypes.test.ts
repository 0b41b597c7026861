import { expect, test } from "vitest";
import { matchesTypes, readTypes } from "./matchesTypes.js";

test.each([
  ["", "anything", true],
  ["*", "sandbox.ready", true],
  ["sandbox.*", "sandbox.snapshot.ready", true],
  ["sandbox.*", "sandbox", false],
  ["*.ready", "sandbox.ready", true],
  ["*ready*", "sandbox.ready", true],
  ["s*b*x.r*y", "sandbox.ready", true],
  ["a*a", "a", false],
  ["ab*bc", "abc", false],
  ["sandbox.ready", "sandbox.ready.more", false],
  ["sandbox.ready , computer.*", "computer.deleted", true],
  ["sandbox?ready", "sandbox.ready", false],
  [".*", "sandbox.ready", false],
])("types %j against %s: %s", (types, type, expected) => {
  expect(matchesTypes(readTypes(types), type)).toBe(expected);
});
