import { isApiError, isRateLimited, type Sandbox } from "@miosa/core";
import { useLiveFeedStatus } from "@miosa/react";
import { useReadiness } from "../readiness/useReadiness.js";
import { isBooting } from "./status.js";

const everyMs = 5000;
/** A gateway holds its feed open while the API behind it is down, so a page that is told of everything looks now and then too. */
const whileLiveMs = 10_000;
const afterRefusalMs = 30_000;
const whileBootingMs = 500;

/** How often a query asks again: seldom while events tell what changes, unless its last answer was an error. */
export function useRefetchInterval(): (query: QueryState) => number {
  const isLive = useLiveFeedStatus().phase === "open";
  return (query) => (isLive && query.state.error === null ? whileLiveMs : refetchIntervalMs(query));
}

/** How often a query that nothing tells of changes asks again, in milliseconds: `calmMs`, or sooner while its last answer was an error. */
export function refetchAfterErrors(calmMs: number | false): (query: QueryState) => number | false {
  return (query) => (query.state.error === null ? calmMs : refetchIntervalMs(query));
}

/** The same for one sandbox whose page is open: often while it boots and that is waited for. */
export function useSandboxRefetchInterval(id: string): (query: SandboxQueryState) => number {
  const otherwise = useRefetchInterval();
  const { isFinal } = useReadiness(id, false);
  return (query) => (query.state.error === null && hasStepsToCome(query.state.data, isFinal) ? whileBootingMs : otherwise(query));
}

/** True while a row tells of the steps of a boot, and another look may tell of more. No event does. */
export function hasStepsToCome(sandbox: Sandbox | undefined, isWaitOver: boolean): boolean {
  return sandbox !== undefined && !isWaitOver && isBooting(sandbox) && "boot" in sandbox;
}

/** What of a query decides. */
interface QueryState {
  state: { error: unknown };
}

interface SandboxQueryState {
  state: { data: Sandbox | undefined; error: unknown };
}

/** In milliseconds: seldom once it was refused, and never before the server's own pause is over. */
function refetchIntervalMs({ state: { error } }: QueryState): number {
  if (isRateLimited(error)) return Math.max(everyMs, error.retryAfterMs ?? 0);
  const isRefused = isApiError(error) && error.status !== undefined && error.status >= 400 && error.status < 500;
  return isRefused ? afterRefusalMs : everyMs;
}
