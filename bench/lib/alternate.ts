/** One way of doing the same thing. `run` does it `times` times over; what it costs is divided by `times`. */
export interface Contestant {
  name: string;
  run(times: number): Promise<void>;
}

/** How long each contestant took, in milliseconds for one time, one sample a round. Rounds are the same index in each. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/**
 * Lets the contestants take turns in one process, in the other order each round, so that drift, warm-up and garbage of one do not
 * count for another. The memory is cleared before each turn; the first `warmUpRounds` are not counted.
 */
export async function alternate(
  contestants: readonly Contestant[],
  { rounds, times, warmUpRounds = 3 }: { rounds: number; times: number; warmUpRounds?: number },
): Promise<Samples> {
  const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const turns = round % 2 === 0 ? contestants : contestants.toReversed();
    for (const contestant of turns) {
      globalThis.gc?.();
      const startedMs = performance.now();
      await contestant.run(times);
      const tookMs = (performance.now() - startedMs) / times;
      if (round >= 0) samples.get(contestant.name)?.push(tookMs);
    }
  }
  return samples;
}
