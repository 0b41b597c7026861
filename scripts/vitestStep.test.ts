import { expect, test } from "vitest";
import { readReport } from "./vitestStep.mjs";

const file = (status: string, ...tests: string[]): Parameters<typeof readReport>[0]["testResults"][number] => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((result) => ({ status: result, fullName: "a test" })),
});

test("counts what passed and what failed", () => {
  const { passed, failed } = readReport({ testResults: [file("passed", "passed", "passed"), file("failed", "passed", "failed")] });
  expect({ passed, failed }).toEqual({ passed: 3, failed: 1 });
});

test.each(["skipped", "pending", "todo"])("counts a test that is %s as failed", (status) => {
  expect(readReport({ testResults: [file("passed", "passed", status)] })).toMatchObject({ passed: 1, failed: 1 });
});

test("counts a file that could not be loaded as failed", () => {
  expect(readReport({ testResults: [file("failed")] })).toMatchObject({ passed: 0, failed: 1 });
});

test("counts a file without a test as failed", () => {
  expect(readReport({ testResults: [file("passed")] })).toMatchObject({ passed: 0, failed: 1 });
});

test("counts a file whose hook failed after its tests passed as failed", () => {
  expect(readReport({ testResults: [file("failed", "passed")] })).toMatchObject({ passed: 1, failed: 1 });
});
