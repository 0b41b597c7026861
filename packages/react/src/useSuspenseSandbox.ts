"use client";

import type { MiosaError, Sandbox } from "@miosa/core";
import { skipToken, useSuspenseQuery, type UseSuspenseQueryOptions, type UseSuspenseQueryResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useLive } from "./useLive.js";

/** Options of {@link useSuspenseSandbox}. */
export interface UseSuspenseSandboxOptions<Selected = Sandbox> {
  /** Follows the sandbox's events, over the connection that all hooks share. @default true */
  live?: boolean | undefined;
  /** TanStack Query's own options, such as `select`, `staleTime`. */
  query?: Omit<
    UseSuspenseQueryOptions<Sandbox, MiosaError, Selected, ReturnType<typeof sandboxKeys.detail>>,
    "queryKey" | "queryFn" | "structuralSharing"
  >;
}

/** One sandbox, kept up to date. Suspends until it is there, and throws to the next error boundary when it cannot be had. */
export function useSuspenseSandbox<Selected = Sandbox>(
  id: string,
  { live = true, query }: UseSuspenseSandboxOptions<Selected> = {},
): UseSuspenseQueryResult<Selected, MiosaError> {
  const { client, queryClient } = useMiosa();
  useLive(live);
  const { queryFn, ...options } = sandboxQueries.detail<Selected>(client, id);
  return useSuspenseQuery({ ...options, ...(queryFn !== skipToken && { queryFn }), ...query }, queryClient);
}
