import { isMiosaError, isRateLimited } from "../errors.js";
import { pollFailure } from "../readiness/readinessOutcomes.js";
import type { FeedClient } from "./types.js";
import type { Knowledge } from "./feedSnapshot.js";
import { knowledgeOfReadiness, knowledgeOfRow } from "./knowledgeOf.js";

/** From this many sandboxes on, one list call is cheaper than a probe each. */
const listFrom = 5;
/** Probes in flight at once: a browser has six connections per origin, and the rest of the page needs some. */
const probesAtOnce = 3;

/** How a round of checks went. */
export interface CheckOutcome {
  /** Ids without an answer this time; to be asked again. */
  unanswered: string[];
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs: number | undefined;
}

/** What to ask, and whom to tell. */
export interface CheckRequest {
  ids: readonly string[];
  /** False for a sandbox that is known to be ready: a row in the list is then word enough that it still is. */
  needsProbe: (id: string) => boolean;
  report: (id: string, knowledge: Knowledge) => void;
  signal: AbortSignal;
}

/**
 * Asks once about each sandbox, in one list call where that is cheaper, and reports what it learns as it learns it. Rejects
 * only with the signal's reason.
 */
export async function checkSandboxes(client: FeedClient, request: CheckRequest): Promise<CheckOutcome> {
  const { ids, report, signal } = request;
  const outcome: CheckOutcome = { unanswered: [], retryAfterMs: undefined };
  const toProbe = ids.length < listFrom ? [...ids] : await checkByList(client, request, outcome);

  async function probeRest(): Promise<void> {
    for (let id = toProbe.shift(); id !== undefined; id = toProbe.shift()) {
      if (outcome.retryAfterMs !== undefined) {
        outcome.unanswered.push(id); // rate limited: asking on would only prolong it
        continue;
      }
      try {
        report(id, knowledgeOfReadiness(await client.sandboxes.readiness(id, { signal })));
      } catch (error) {
        signal.throwIfAborted();
        const failure = pollFailure(error);
        if (failure.kind === "final") report(id, { kind: "failed", error: failure.error });
        else outcome.unanswered.push(id);
        noteRateLimit(outcome, error);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(probesAtOnce, toProbe.length) }, probeRest));
  return outcome;
}

/** Answers what one list call can answer. Resolves to the ids that still need a probe of their own. */
async function checkByList(client: FeedClient, request: CheckRequest, outcome: CheckOutcome): Promise<string[]> {
  const { ids, needsProbe, report, signal } = request;
  try {
    const rows = new Map((await client.sandboxes.list({}, { signal })).map((row) => [row.id, row]));
    return ids.filter((id) => {
      const row = rows.get(id);
      const knowledge = row && (knowledgeOfRow(row) ?? (needsProbe(id) ? undefined : alive));
      if (knowledge) report(id, knowledge);
      return !knowledge;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (pollFailure(error).kind === "final") return [...ids]; // no list for this credential: each probe says more
    outcome.unanswered.push(...ids);
    noteRateLimit(outcome, error);
    return [];
  }
}

/** Not news for a sandbox that is ready already. */
const alive: Knowledge = { kind: "booting" };

function noteRateLimit(outcome: CheckOutcome, error: unknown): void {
  if (!isMiosaError(error) || !isRateLimited(error)) return;
  outcome.retryAfterMs = Math.max(outcome.retryAfterMs ?? 0, error.retryAfterMs ?? 1_000);
}
