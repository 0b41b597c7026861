"use client";

import type { MiosaError, UsageQuery, UsageReport } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type QueryOverrides, useClientQuery } from "./overrides.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useUsage}. */
export interface UseUsageOptions<Selected = UsageReport> {
  /** TanStack Query's own options, such as `select`, `enabled`, `refetchInterval`. */
  query?: QueryOverrides<UsageReport, Selected, ReturnType<typeof sandboxKeys.usage>>;
}

/** What was used, by customer, user, project or workspace. By default the last 30 days by customer. */
export function useUsage<Selected = UsageReport>(
  report?: UsageQuery,
  { query }: UseUsageOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  return useClientQuery((client) => sandboxQueries.usage<Selected>(client, report), query);
}
