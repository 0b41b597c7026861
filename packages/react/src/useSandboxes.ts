"use client";

import type { ListSandboxesFilter, MiosaError, Sandbox } from "@miosa/core";
import { useQuery, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useSandboxes}. */
export interface UseSandboxesOptions<Selected = Sandbox[]> {
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: Omit<
    UseQueryOptions<Sandbox[], MiosaError, Selected, ReturnType<typeof sandboxKeys.list>>,
    "queryKey" | "queryFn" | "structuralSharing"
  >;
}

/** All sandboxes that match the filter, newest first, with optimistic rows for those being created (`isOptimisticSandbox`). */
export function useSandboxes<Selected = Sandbox[]>(
  filter?: ListSandboxesFilter,
  { query }: UseSandboxesOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  const { client, queryClient } = useMiosa();
  return useQuery({ ...sandboxQueries.list<Selected>(client, filter), ...query }, queryClient);
}
