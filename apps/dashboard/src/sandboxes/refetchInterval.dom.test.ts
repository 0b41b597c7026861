import type { ComputerState, Sandbox } from "@miosa/core";
import { expect, test } from "vitest";
import { hasStepsToCome } from "./refetchInterval.js";

const sandbox = (state: ComputerState, more: object = { boot: [] }): Sandbox => ({
  id: "sbx",
  name: null,
  state,
  status: state,
  templateType: null,
  size: null,
  metadata: {},
  externalWorkspaceId: null,
  externalUserId: null,
  externalProjectId: null,
  createdAt: null,
  updatedAt: null,
  ...more,
});

test("a sandbox that boots is looked at for its next step", () => {
  expect(hasStepsToCome(sandbox("starting"), false)).toBe(true);
});

test("once the wait for it is over it is not, be it ready, failed or too late", () => {
  expect(hasStepsToCome(sandbox("starting"), true)).toBe(false);
});

test.each(["running", "error", "stopped", "stopping", "destroyed"] as const)("one that is %s is not", (state) => {
  expect(hasStepsToCome(sandbox(state), false)).toBe(false);
});

test("one whose server does not tell of steps is not, nor one that is not known yet", () => {
  expect(hasStepsToCome(sandbox("starting", {}), false)).toBe(false);
  expect(hasStepsToCome(undefined, false)).toBe(false);
});
