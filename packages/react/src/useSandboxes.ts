"use client";

import type { ListSandboxesFilter, MiosaError, Sandbox } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type QueryOverrides, useClientQuery } from "./overrides.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useLive } from "./useLive.js";

/** Options of {@link useSandboxes}. */
export interface UseSandboxesOptions<Selected = Sandbox[]> {
  /** Follows events, so that the list gains, changes and loses rows by itself, over the connection that all hooks share. @default true */
  live?: boolean | undefined;
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: QueryOverrides<Sandbox[], Selected, ReturnType<typeof sandboxKeys.list>>;
}

/** All sandboxes that match the filter, newest first, with optimistic rows for those being created (`isOptimisticSandbox`). */
export function useSandboxes<Selected = Sandbox[]>(
  filter?: ListSandboxesFilter,
  { live = true, query }: UseSandboxesOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  useLive(live && query?.enabled !== false);
  return useClientQuery((client) => sandboxQueries.list<Selected>(client, filter), query);
}
