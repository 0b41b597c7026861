import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutations } from "../test/mutations.js";

test("every check that is taken out to test the tests is there exactly once", () => {
  const misfits = mutations.filter(({ file, find }) => readFileSync(new URL(file, import.meta.url), "utf8").split(find).length !== 2);
  expect(misfits.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
});
