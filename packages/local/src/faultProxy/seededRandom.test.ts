import { expect, test } from "vitest";
import { createSeededRandom } from "./seededRandom.js";

const draw = (seed: string | number, count = 8): number[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("a seed gives the same numbers each time, and another seed gives others", () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test("numbers are in [0, 1) and spread evenly", () => {
  const numbers = draw("spread", 20_000);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const share = numbers.filter((number) => Math.floor(number * 10) === tenth).length / numbers.length;
    expect(share).toBeGreaterThan(0.09);
    expect(share).toBeLessThan(0.11);
  }
});

test("neighbouring seeds start with unrelated numbers", () => {
  const firsts = Array.from({ length: 1_000 }, (_, seed) => draw(seed, 1)[0] ?? 0);
  expect(new Set(firsts).size).toBe(1_000);
  const mean = firsts.reduce((sum, first) => sum + first, 0) / firsts.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});

test("a fork does not depend on what was drawn before, nor change what is drawn after", () => {
  const plain = createSeededRandom(3);
  const drawn = createSeededRandom(3);
  drawn.next();
  expect(drawn.fork("a").next()).toBe(plain.fork("a").next());
  expect(plain.fork("a").next()).not.toBe(plain.fork("b").next());
  expect(plain.next()).toBe(createSeededRandom(3).next());
});

test("whole numbers reach both ends and nothing beyond", () => {
  const random = createSeededRandom("ends");
  const numbers = new Set(Array.from({ length: 500 }, () => random.integer(-1, 2)));
  expect([...numbers].toSorted((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
});

test("picking from nothing is an error", () => {
  expect(() => createSeededRandom(1).pick([])).toThrow(RangeError);
});
