import { isApiError, isRateLimited } from "@miosa/core";

const everyMs = 5000;
const afterRefusalMs = 30_000;

/** How often the page asks again, in milliseconds: seldom once it was refused, and never before the server's own pause is over. */
export function refetchIntervalMs(query: { state: { error: unknown } }): number {
  const { error } = query.state;
  if (isRateLimited(error)) return Math.max(everyMs, error.retryAfterMs ?? 0);
  const isRefused = isApiError(error) && error.status !== undefined && error.status >= 400 && error.status < 500;
  return isRefused ? afterRefusalMs : everyMs;
}
