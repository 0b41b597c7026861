import { expect, test } from "vitest";
import { createOutputTail, type OutputLine } from "./outputTail.js";

const out = (line: string): OutputLine => ({ type: "stdout", line });

test("keeps everything while there is room", () => {
  const tail = createOutputTail(3, 100);
  for (const line of ["a", "b", "c"]) tail.push(out(line));
  expect(tail.get()).toEqual({ lines: [out("a"), out("b"), out("c")], droppedLines: 0 });
});

test("keeps the last lines and counts those before them", () => {
  const tail = createOutputTail(10, 1_000);
  for (let number = 1; number <= 100_003; number++) {
    tail.push(out(String(number)));
    if (number % 997 !== 0) continue;
    const { lines, droppedLines } = tail.get();
    expect(lines.at(-1)).toEqual(out(String(number)));
    expect(lines.length + droppedLines).toBe(number);
  }
  expect(tail.get().lines.map(({ line }) => line)).toEqual(Array.from({ length: 10 }, (_, index) => String(99_994 + index)));
  expect(tail.get().droppedLines).toBe(99_993);
});

test("keeps fewer lines when they are long, and always the last one", () => {
  const tail = createOutputTail(10, 100);
  for (const length of [40, 40, 40]) tail.push(out("x".repeat(length)));
  expect(tail.get()).toMatchObject({ lines: [{}, {}], droppedLines: 1 });
  tail.push(out("y".repeat(500)));
  expect(tail.get()).toEqual({ lines: [out("y".repeat(500))], droppedLines: 3 });
  tail.push(out("z"));
  expect(tail.get()).toEqual({ lines: [out("z")], droppedLines: 4 });
});

test("what it gave does not change afterwards", () => {
  const tail = createOutputTail(2, 100);
  tail.push(out("a"));
  const before = tail.get();
  tail.push(out("b"));
  tail.push(out("c"));
  expect(before).toEqual({ lines: [out("a")], droppedLines: 0 });
});
