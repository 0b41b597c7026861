import type { FileEntry } from "@miosa/core";
import { expect, test } from "vitest";
import { mistakeInName, mistakeInPath } from "./entryName.js";

const taken: FileEntry[] = [{ name: "taken.txt", path: "/workspace/taken.txt", type: "file", sizeBytes: 0, modifiedAt: null, mode: null }];

test.each(["", "/a", "a/", "a//b", "../a", "a/./b", "taken.txt"])("%j cannot be made", (name) => {
  expect(mistakeInPath(name, taken)).not.toBeNull();
});

test.each(["a.txt", "src/a.txt", "src/taken.txt", ".env", "two words"])("%j can be made", (name) => {
  expect(mistakeInPath(name, taken)).toBeNull();
});

test.each(["", "a/b", ".", "..", "taken.txt"])("nothing can be renamed to %j", (name) => {
  expect(mistakeInName(name, taken)).not.toBeNull();
});

test.each(["a.txt", ".env", "..."])("anything can be renamed to %j", (name) => {
  expect(mistakeInName(name, taken)).toBeNull();
});
