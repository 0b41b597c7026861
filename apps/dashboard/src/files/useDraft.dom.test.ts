import { expect, test } from "vitest";
import { hasDrafts, movedDrafts, withoutDrafts, type Drafts } from "./useDraft.js";

const draft = { value: "mine", base: "theirs" };
const drafts: Drafts = { "/workspace/a": draft, "/workspace/src/b": draft, "/workspace/src-2/c": draft };

test("a folder has the drafts of what is in it, and not those of one whose name begins alike", () => {
  expect(hasDrafts(drafts, "/workspace/src")).toBe(true);
  expect(hasDrafts(drafts, "/workspace/sr")).toBe(false);
  expect(Object.keys(withoutDrafts(drafts, "/workspace/src"))).toEqual(["/workspace/a", "/workspace/src-2/c"]);
});

test("drafts move with their file, and with a folder above it", () => {
  expect(Object.keys(movedDrafts(drafts, "/workspace/a", "/workspace/z"))).toEqual(["/workspace/z", "/workspace/src/b", "/workspace/src-2/c"]);
  expect(Object.keys(movedDrafts(drafts, "/workspace/src", "/workspace/lib"))).toEqual(["/workspace/a", "/workspace/lib/b", "/workspace/src-2/c"]);
});
