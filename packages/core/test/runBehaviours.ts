import { behaviours, type World } from "./behaviour.js";

/** How one promise was kept. */
export interface BehaviourOutcome {
  name: string;
  /** Absent when it was kept. */
  failure?: string;
}

/** Runs the whole suite, one promise after the other, each within half a minute. */
export async function runBehaviours(world: World): Promise<BehaviourOutcome[]> {
  const outcomes: BehaviourOutcome[] = [];
  for (const { name, run } of behaviours) outcomes.push({ name, ...(await failureOf(run(world))) });
  return outcomes;
}

async function failureOf(work: Promise<void>): Promise<{ failure?: string }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("took longer than 30 s")), 30_000);
  });
  try {
    await Promise.race([work, late]);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
