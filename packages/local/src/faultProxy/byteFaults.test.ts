import { expect, test } from "vitest";
import { type ByteFault, type ByteStep, createByteFaultCursor } from "./byteFaults.js";

/** What comes out for these pieces of text: written bytes as text, everything else by its kind. */
function outcome(faults: readonly ByteFault[], ...pieces: readonly string[]): string[] {
  const cursor = createByteFaultCursor(faults);
  const steps = [...cursor.start(), ...pieces.flatMap((piece) => cursor.take(Buffer.from(piece)))];
  return steps.map(nameOf);
}

function nameOf(step: ByteStep): string {
  return step.kind === "write" ? `"${Buffer.from(step.bytes).toString()}"` : step.kind;
}

test("without faults every piece passes as it is", () => {
  expect(outcome([], "abc", "", "de")).toEqual(['"abc"', '"de"']);
});

test("a split ends the write at its offset", () => {
  expect(outcome([{ kind: "split", at: 2 }], "abcde")).toEqual(['"ab"', "flush", '"cde"']);
});

test("a split with a size cuts all that follows into pieces", () => {
  expect(outcome([{ kind: "split", at: 1, everyBytes: 2 }], "abcdef")).toEqual(['"a"', "flush", '"bc"', "flush", '"de"', "flush", '"f"']);
});

test("a delay waits for its first byte", () => {
  expect(outcome([{ kind: "delay", at: 3, delayMs: 5 }], "abc")).toEqual(['"abc"']);
  expect(outcome([{ kind: "delay", at: 3, delayMs: 5 }], "abc", "d")).toEqual(['"abc"', "delay", '"d"']);
});

test.each(["stall", "reset", "cut", "halfClose"] as const)("a %s lets exactly its offset through, and happens without another byte", (kind) => {
  expect(outcome([{ kind, at: 3 }], "abc")).toEqual(['"abc"', kind]);
  expect(outcome([{ kind, at: 2 }], "a", "bcd", "e")).toEqual(['"a"', '"b"', kind]);
  expect(outcome([{ kind, at: 0 }], "abc")).toEqual([kind]);
});

test("dropped bytes are missing, across pieces too", () => {
  expect(outcome([{ kind: "drop", at: 1, sizeBytes: 3 }], "ab", "cd", "ef")).toEqual(['"a"', '"ef"']);
});

test("duplicated bytes follow themselves, across pieces too", () => {
  expect(outcome([{ kind: "duplicate", at: 1, sizeBytes: 3 }], "ab", "cdef")).toEqual(['"a"', '"b"', '"cd"', '"b"', '"cd"', '"ef"']);
});

test("offsets count the bytes that were sent, not those that came through", () => {
  const faults: ByteFault[] = [
    { kind: "drop", at: 0, sizeBytes: 2 },
    { kind: "cut", at: 4 },
  ];
  expect(outcome(faults, "abcdef")).toEqual(['"cd"', "cut"]);
});

test("a fault inside dropped bytes still happens", () => {
  const faults: ByteFault[] = [
    { kind: "drop", at: 0, sizeBytes: 9 },
    { kind: "reset", at: 2 },
  ];
  expect(outcome(faults, "abcdef")).toEqual(["reset"]);
});

test("faults at one place happen in the given order", () => {
  const faults: ByteFault[] = [
    { kind: "split", at: 1 },
    { kind: "delay", at: 1, delayMs: 1 },
    { kind: "reset", at: 1 },
  ];
  expect(outcome(faults, "ab")).toEqual(['"a"', "flush", "delay", "reset"]);
});

test("after calm nothing more happens, and what happened is on record", () => {
  const split: ByteFault = { kind: "split", at: 1 };
  const cursor = createByteFaultCursor([split, { kind: "reset", at: 4 }]);
  cursor.take(Buffer.from("ab"));
  cursor.calm();
  expect(cursor.take(Buffer.from("cdefgh")).map(nameOf)).toEqual(['"cdefgh"']);
  expect(cursor.happened).toEqual([split]);
});
