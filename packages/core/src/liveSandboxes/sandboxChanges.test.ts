import type { ComputerState, ListSandboxesFilter, Sandbox } from "../computers/types.js";
import { describe, expect, test } from "vitest";
import { optimisticSandbox } from "./optimisticSandbox.js";
import { booted, changeRows, changeSandbox, endBoot, moved, put, removed } from "./sandboxChanges.js";
import type { SandboxChange } from "./types.js";

function sandbox(id: string, members: Partial<Sandbox> = {}): Sandbox {
  const base = optimisticSandbox(1, { name: id }, "miosa-sandbox");
  return { ...base, id, createdAt: "2026-06-01T10:00:00Z", updatedAt: "2026-06-01T10:00:00Z", ...members };
}

const ids = (rows: readonly Sandbox[]): string[] => rows.map((row) => row.id);

describe("changeRows", () => {
  const newer = sandbox("newer", { createdAt: "2026-06-01T11:00:00Z" });
  const older = sandbox("older", { createdAt: "2026-06-01T09:00:00.5Z" });
  const rows = [newer, older];

  test("puts a sandbox where its age belongs", () => {
    expect(ids(changeRows(rows, put(sandbox("mid")), {}))).toEqual(["newer", "mid", "older"]);
    const oldest = sandbox("oldest", { createdAt: "2026-06-01T08:00:00Z" });
    expect(ids(changeRows(rows, put(oldest), {}))).toEqual(["newer", "older", "oldest"]);
  });

  test("puts a sandbox of unknown age, and an optimistic one, on top", () => {
    expect(ids(changeRows(rows, put(sandbox("ageless", { createdAt: null })), {}))[0]).toBe("ageless");
    const standIn = { ...optimisticSandbox(7, {}, "miosa-sandbox"), createdAt: "2000-01-01T00:00:00Z" };
    expect(ids(changeRows(rows, put(standIn), {}))[0]).toBe("optimistic:7");
  });

  test("puts the real sandbox exactly where its optimistic row stood", () => {
    const standIn = optimisticSandbox(1, {}, "miosa-sandbox");
    const change: SandboxChange = put(sandbox("real", { createdAt: "1999-01-01T00:00:00Z" }), standIn.id);
    expect(ids(changeRows([newer, standIn, older], change, {}))).toEqual(["newer", "real", "older"]);
  });

  test("never holds a sandbox twice, not even when the list had the real one already", () => {
    const standIn = optimisticSandbox(1, {}, "miosa-sandbox");
    const real = sandbox("real");
    const change: SandboxChange = put(real, standIn.id);
    expect(ids(changeRows([standIn, newer, real, older], change, {}))).toEqual(["newer", "real", "older"]);
  });

  test("keeps a sandbox out of a list whose filter it does not match", () => {
    const filter = { externalWorkspaceId: "dental-1" };
    const other = sandbox("other", { externalWorkspaceId: "dental-2" });
    expect(changeRows(rows, put(other), filter)).toEqual(rows);
  });

  test("takes a sandbox out of a list of booting ones when its boot ends, and into a list of running ones", () => {
    const change: SandboxChange = { id: "mid", apply: (row = sandbox("mid")) => endBoot(row, "running") };
    expect(ids(changeRows([newer, sandbox("mid"), older], change, { state: "creating" }))).toEqual(["newer", "older"]);
    expect(ids(changeRows(rows, change, { state: ["running"] }))).toEqual(["newer", "mid", "older"]);
  });

  test("hands back the same array when nothing changes", () => {
    expect(changeRows(rows, removed("unknown"), {})).toBe(rows);
    expect(changeRows(rows, booted("unknown", "running"), {})).toBe(rows);
  });
});

describe("changeSandbox", () => {
  test("leaves a sandbox alone that the change is not about", () => {
    const mine = sandbox("mine");
    expect(changeSandbox(mine, removed("other"))).toBe(mine);
    expect(changeSandbox(mine, put(sandbox("other")))).toBe(mine);
    expect(changeSandbox(mine, booted("other", "running"))).toBe(mine);
  });
});

describe("moved", () => {
  const stopped = { state: "stopped", status: "stopped" } as const;
  const known = sandbox("one", { state: "running", status: "running", updatedAt: "2026-06-01T10:00:01.5Z" });

  test("brings a sandbox into another state", () => {
    expect(changeSandbox(known, moved("one", stopped, "2026-06-01T10:00:02.000Z"))).toMatchObject({
      ...stopped,
      updatedAt: "2026-06-01T10:00:02.000Z",
    });
    expect(changeSandbox(known, moved("one", stopped))).toMatchObject({ ...stopped, updatedAt: known.updatedAt });
    expect(changeSandbox({ ...known, updatedAt: null }, moved("one", stopped, "2026-06-01T10:00:02.000Z")).state).toBe("stopped");
  });

  test("is no news when the sandbox has been seen at a later time", () => {
    expect(changeSandbox(known, moved("one", stopped, "2026-06-01T10:00:01.400Z"))).toBe(known);
    expect(changeSandbox(known, moved("one", stopped, "2026-06-01T10:00:00Z"))).toBe(known);
  });

  test("counts a time without a fraction as the end of its second", () => {
    expect(changeSandbox(known, moved("one", stopped, "2026-06-01T10:00:01Z")).state).toBe("stopped");
  });

  test("leaves a sandbox that is in that state as it is", () => {
    expect(changeSandbox(known, moved("one", known, "2026-06-01T10:00:09.000Z"))).toBe(known);
  });

  test("takes a sandbox out of every list when it is destroyed or about to be", () => {
    expect(changeRows([known], removed("one"), {})).toEqual([]);
    expect(changeRows([known], moved("one", { state: "destroying", status: "destroying" }), {})).toEqual([]);
  });
});

const boots: Readonly<Record<ComputerState, boolean>> = {
  creating: true,
  starting: true,
  unknown: true,
  running: false,
  snapshotting: false,
  paused: false,
  stopping: false,
  stopped: false,
  error: false,
  destroying: false,
  destroyed: false,
};

test.each(Object.entries(boots))("the end of a boot changes a sandbox in state %s: %s", (state, changes) => {
  const before = sandbox("one", { state: Object.keys(boots).find((name): name is ComputerState => name === state) ?? "unknown" });
  const after = endBoot(before, "running");
  expect(after.state).toBe(changes ? "running" : state);
  expect(after === before).toBe(!changes);
});

const filters: [filter: ListSandboxesFilter, matches: boolean][] = [
  [{}, true],
  [{ externalWorkspaceId: "w" }, true],
  [{ externalWorkspaceId: "W" }, false],
  [{ externalWorkspaceId: "w", externalUserId: "u" }, true],
  [{ externalWorkspaceId: "w", externalUserId: "v" }, false],
  [{ externalProjectId: "p" }, false],
  [{ state: "running" }, true],
  [{ state: "creating" }, false],
  [{ state: ["creating", "running"] }, true],
  [{ state: [] }, false],
];

test.each(filters)("a list with the filter %o takes the sandbox in: %s", (filter, matches) => {
  const row = sandbox("one", { externalWorkspaceId: "w", externalUserId: "u", state: "running" });
  expect(changeRows([], put(row), filter)).toEqual(matches ? [row] : []);
  expect(changeRows([row], put({ ...row }), filter)).toEqual(matches ? [row] : []);
});
