"use client";

import type { MiosaError, Sandbox } from "@miosa/core";
import { useQuery, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useSandbox}. */
export interface UseSandboxOptions<Selected = Sandbox> {
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: Omit<
    UseQueryOptions<Sandbox, MiosaError, Selected, ReturnType<typeof sandboxKeys.detail>>,
    "queryKey" | "queryFn" | "structuralSharing"
  >;
}

/** One sandbox. Waits while `id` is undefined. An unknown id is an `ApiError` with status 404 in `error`. */
export function useSandbox<Selected = Sandbox>(
  id: string | undefined,
  { query }: UseSandboxOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  const { client, queryClient } = useMiosa();
  return useQuery({ ...sandboxQueries.detail<Selected>(client, id), ...query }, queryClient);
}
