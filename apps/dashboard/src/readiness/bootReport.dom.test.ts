import type { Sandbox } from "@miosa/core";
import { expect, test } from "vitest";
import { bootReportOf } from "./bootReport.js";

const sandbox = (boot: unknown, more: object = {}): Sandbox => ({
  id: "sbx",
  name: null,
  state: "running",
  status: "running",
  templateType: null,
  size: null,
  metadata: {},
  externalWorkspaceId: null,
  externalUserId: null,
  externalProjectId: null,
  createdAt: null,
  updatedAt: null,
  ...(boot !== undefined && { boot }),
  ...more,
});

test("each step lasts until the next begins, and the last until ready", () => {
  const boot = [{ phase: "allocating", atMs: 1 }, { phase: "checking", atMs: 40 }, { phase: "ready", atMs: 45 }];
  expect(bootReportOf(sandbox(boot))).toEqual({
    steps: [{ phase: "allocating", startMs: 1, tookMs: 39 }, { phase: "checking", startMs: 40, tookMs: 5 }],
    totalMs: 45,
    isWarm: false,
  });
});

test("a boot that stopped half-way has a step without an end and no total", () => {
  expect(bootReportOf(sandbox([{ phase: "allocating", atMs: 0 }]))).toEqual({
    steps: [{ phase: "allocating", startMs: 0, tookMs: null }],
    totalMs: null,
    isWarm: false,
  });
});

test("one that was booted beforehand has no steps", () => {
  const boot = [{ phase: "ready", atMs: 0.3 }];
  expect(bootReportOf(sandbox(boot, { bootPath: "warm" }))).toEqual({ steps: [], totalMs: 0.3, isWarm: true });
});

test("a server that tells only how long it took has no steps", () => {
  expect(bootReportOf(sandbox(undefined, { bootMs: 180, bootPath: "cold" }))).toEqual({ steps: [], totalMs: 180, isWarm: false });
});

test.each([undefined, null, [], "soon", [{ phase: 3, atMs: 1 }, { phase: "x" }, null]])("a row that tells of no boot (%j) has no report", (boot) => {
  expect(bootReportOf(sandbox(boot))).toBeNull();
});
