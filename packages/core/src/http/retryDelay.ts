/** Longest wait that a server's `Retry-After` can cause before a retry, in milliseconds. */
export const longestRetryAfterMs = 30_000;

/**
 * Pause before retry number `attempt` (from 1), in milliseconds: what the server asked for, capped, else exponential
 * backoff with full jitter. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, random: number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, longestRetryAfterMs);
  return backoffMs({ baseMs: 300, capMs: 8_000 }, attempt, random);
}

/** Full-jitter exponential backoff: uniform in (0, base × 2^(attempt − 1)], capped. At least a tenth of it, so that retries never bunch at zero. */
export function backoffMs(range: { baseMs: number; capMs: number }, attempt: number, random: number): number {
  const ceiling = Math.min(range.capMs, range.baseMs * 2 ** (attempt - 1));
  return Math.max(ceiling / 10, ceiling * random);
}
