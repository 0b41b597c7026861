import { expect, test } from "vitest";
import { createJournal, type JournalChange } from "./journal.js";

/** A journal whose writes are seen, and wait or fail as the test says. */
function open(answer: () => Promise<void> = async () => {}) {
  const writes: (readonly JournalChange[])[] = [];
  const errors: unknown[] = [];
  const journal = createJournal(async (changes) => {
    writes.push(changes);
    await answer();
  }, (error) => errors.push(error));
  return { journal, writes, errors };
}

test("what is noted together is written together, and as it is at that time", async () => {
  const { journal, writes } = open();
  let count = 0;
  journal.note("a", () => count);
  journal.note("a", () => count);
  journal.note("b", () => "x");
  count = 2;
  await journal.settled();
  expect(writes).toEqual([[{ key: "a", text: "2" }, { key: "b", text: '"x"' }]]);
});

test("an entry that has not changed is not written again, and one that is gone is removed", async () => {
  const { journal, writes } = open();
  for (const value of [1, 1, undefined, 1]) {
    journal.note("a", () => value);
    await journal.settled();
  }
  expect(writes).toEqual([[{ key: "a", text: "1" }], [{ key: "a", text: undefined }], [{ key: "a", text: "1" }]]);
});

test("settling waits for a note that comes while another is being written", async () => {
  let finish = (): void => {};
  const { journal, writes } = open(() => new Promise((resolve) => (finish = resolve)));
  journal.note("a", () => 1);
  await expect.poll(() => writes.length).toBe(1);
  journal.note("b", () => 2);
  const settled = journal.settled().then(() => "settled");
  finish();
  await expect.poll(() => writes.length).toBe(2);
  expect(await Promise.race([settled, Promise.resolve("waits")])).toBe("waits");
  finish();
  expect(await settled).toBe("settled");
});

test("a failure is told to whoever waits, and what could not be written is written at the next attempt", async () => {
  let isFull = true;
  const { journal, writes, errors } = open(() => (isFull ? Promise.reject(new Error("disk full")) : Promise.resolve()));
  journal.note("a", () => 1);
  await expect(journal.settled()).rejects.toThrow("disk full");
  expect(String(errors)).toContain("disk full");
  isFull = false;
  await journal.settled();
  expect(writes.at(-1)).toEqual([{ key: "a", text: "1" }]);
});
