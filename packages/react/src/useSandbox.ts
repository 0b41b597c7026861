"use client";

import type { MiosaError, Sandbox } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import { type QueryOverrides, useClientQuery } from "./overrides.js";
import { findInLists } from "./sandboxCache.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useLive } from "./useLive.js";

/** Options of {@link useSandbox}. */
export interface UseSandboxOptions<Selected = Sandbox> {
  /** Follows the sandbox's events, over the connection that all hooks share. @default true */
  live?: boolean | undefined;
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: QueryOverrides<Sandbox, Selected, ReturnType<typeof sandboxKeys.detail>>;
}

/**
 * One sandbox, kept up to date. What a list has of it is shown at once. Waits while `id` is undefined. An unknown id is an
 * `ApiError` with status 404 in `error`.
 */
export function useSandbox<Selected = Sandbox>(
  id: string | undefined,
  { live = true, query }: UseSandboxOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  const { queryClient } = useMiosa();
  useLive(live && id !== undefined && query?.enabled !== false);
  return useClientQuery((client) => {
    const listed = () => findInLists(queryClient, id ?? "");
    return {
      ...sandboxQueries.detail<Selected>(client, id),
      initialData: () => listed()?.sandbox,
      initialDataUpdatedAt: () => listed()?.updatedAt,
    };
  }, query);
}
