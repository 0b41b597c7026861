import { expect, test } from "vitest";
import { crumbsOf, splitPath } from "./paths.js";

test("a path is a way of folders from the workspace", () => {
  expect(crumbsOf("/workspace")).toEqual([{ name: "workspace", path: "/workspace" }]);
  expect(crumbsOf("/workspace/src/a b.txt")).toEqual([
    { name: "workspace", path: "/workspace" },
    { name: "src", path: "/workspace/src" },
    { name: "a b.txt", path: "/workspace/src/a b.txt" },
  ]);
});

test("a file stands in its folder", () => {
  expect(splitPath("/workspace/src/a.txt")).toEqual({ folder: "/workspace/src", name: "a.txt" });
});
