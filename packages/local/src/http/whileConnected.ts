import { HttpProblem } from "./httpProblem.js";
import type { LocalContext } from "./localEnv.js";

/**
 * Runs `run` with a signal that aborts when the client leaves or one of `signals` aborts, and lets go of them all
 * afterwards. Its reason is always an `Error`.
 */
export async function whileConnected<Result>(
  context: LocalContext,
  signals: readonly AbortSignal[],
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const joined = new AbortController();
  const leave: (() => void)[] = [];
  function follow(signal: AbortSignal, reason: () => unknown): void {
    const onAbort = (): void => joined.abort(reason());
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    leave.push(() => signal.removeEventListener("abort", onAbort));
  }
  follow(context.req.raw.signal, () => new HttpProblem("INTERNAL_ERROR", "The client left.", { status: 499 }));
  for (const signal of signals) follow(signal, () => signal.reason);
  try {
    return await run(joined.signal);
  } finally {
    for (const each of leave) each();
  }
}
