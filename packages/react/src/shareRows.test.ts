import type { Sandbox } from "@miosa/core";
import { describe, expect, test } from "vitest";
import { shareRows } from "./shareRows.js";

function sandbox(id: string, members: Partial<Sandbox> = {}): Sandbox {
  return {
    id,
    name: id,
    state: "running",
    status: "running",
    templateType: "miosa-sandbox",
    size: null,
    metadata: {},
    externalWorkspaceId: null,
    externalUserId: null,
    externalProjectId: null,
    createdAt: "2026-06-01T10:00:00Z",
    updatedAt: "2026-06-01T10:00:00Z",
    ...members,
  };
}

const ids = (rows: readonly Sandbox[]): string[] => rows.map((row) => row.id);

describe("shareRows", () => {
  test("keeps the objects of rows that moved but did not change", () => {
    const [a, b] = [sandbox("a"), sandbox("b", { metadata: { deep: [1, { x: 1 }] } })];
    const next = shareRows([a, b], structuredClone([sandbox("new"), a, b]));
    expect(next[1]).toBe(a);
    expect(next[2]).toBe(b);
  });

  test("keeps the array when no row changed", () => {
    const rows = [sandbox("a"), sandbox("b")];
    expect(shareRows(rows, structuredClone(rows))).toBe(rows);
  });

  test("gives a new array when a row left or two changed places", () => {
    const rows = [sandbox("a"), sandbox("b")];
    expect(ids(shareRows(rows, rows.slice(1)))).toEqual(["b"]);
    expect(ids(shareRows(rows, rows.toReversed()))).toEqual(["b", "a"]);
  });
});
