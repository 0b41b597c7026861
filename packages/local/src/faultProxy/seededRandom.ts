/** A source of random numbers that a seed decides wholly. */
export interface SeededRandom {
  /** The next number in [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the values. Throws when there are none. */
  pick<T>(values: readonly T[]): T;
  /** An independent source: what one fork draws changes nothing for another. The same label gives the same source again. */
  fork(label: string | number): SeededRandom;
}

/** Makes a {@link SeededRandom}: sfc32, seeded through a string hash, so that seeds 1 and 2 have nothing in common. */
export function createSeededRandom(seed: string | number): SeededRandom {
  const hash = createHash(String(seed));
  let [a, b, c, counter] = [hash(), hash(), hash(), 1];

  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }

  for (let round = 0; round < 12; round += 1) next();

  return {
    next,
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick(values) {
      const index = Math.floor(next() * values.length);
      for (const value of values.slice(index, index + 1)) return value;
      throw new RangeError("There is nothing to pick from.");
    },
    fork: (label) => createSeededRandom(`${seed}/${label}`),
  };
}

/** FNV-1a over the text, then a finalizer each time it is asked for 32 more bits. */
function createHash(text: string): () => number {
  let state = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 16_777_619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
