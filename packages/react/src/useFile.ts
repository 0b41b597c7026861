"use client";

import type { MiosaError } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type QueryOverrides, useClientQuery } from "./overrides.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useFile}. */
export interface UseFileOptions<Selected = string> {
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: QueryOverrides<string, Selected, ReturnType<typeof sandboxKeys.file>>;
}

/** A file's text, as UTF-8. Waits while `id` or `path` is undefined. */
export function useFile<Selected = string>(
  id: string | undefined,
  path: string | undefined,
  { query }: UseFileOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  return useClientQuery((client) => sandboxQueries.file<Selected>(client, id, path), query);
}
