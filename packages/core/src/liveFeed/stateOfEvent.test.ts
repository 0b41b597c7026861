import { expect, test } from "vitest";
import { stateOfEvent } from "./stateOfEvent.js";

const event = (type: string, members: Record<string, unknown> = {}) => ({ type, resourceId: "sbx", eventId: "", at: null, ...members });

test.each([
  ["sandbox.created", {}, { state: "creating", status: "creating" }],
  ["sandbox.created", { status: "provisioning" }, { state: "creating", status: "provisioning" }],
  ["sandbox.running", {}, { state: "running", status: "running" }],
  ["sandbox.ready", {}, { state: "running", status: "running" }],
  ["sandbox.ready", { status: "active" }, { state: "running", status: "active" }],
  ["sandbox.resumed", {}, { state: "running", status: "running" }],
  ["sandbox.paused", {}, { state: "paused", status: "paused" }],
  ["sandbox.paused", { status: "stopped" }, { state: "stopped", status: "stopped" }],
  ["sandbox.stopped", {}, { state: "stopped", status: "stopped" }],
  ["sandbox.error", { status: "what" }, { state: "error", status: "error" }],
  ["sandbox.destroyed", {}, { state: "destroyed", status: "destroyed" }],
  ["sandbox.snapshot.ready", { status: "failed" }, undefined],
  ["sandbox.renamed", { status: "running" }, undefined],
  ["computer.running", {}, undefined],
  ["sandbox.unknown", {}, undefined],
])("%s with %o tells %o", (type, members, state) => {
  expect(stateOfEvent(event(type, members))).toEqual(state);
});
