"use client";

import type { FileEntry, MiosaError } from "@miosa/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type QueryOverrides, useClientQuery } from "./overrides.js";
import type { sandboxKeys } from "./sandboxKeys.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useFiles}. */
export interface UseFilesOptions<Selected = FileEntry[]> {
  /** Folder, absolute or relative to the workspace. @default "/workspace" */
  path?: string | undefined;
  /** TanStack Query's own options, such as `select`, `enabled`, `staleTime`. */
  query?: QueryOverrides<FileEntry[], Selected, ReturnType<typeof sandboxKeys.folder>>;
}

/** What is in a folder of a sandbox. Waits while `id` is undefined. */
export function useFiles<Selected = FileEntry[]>(
  id: string | undefined,
  { path, query }: UseFilesOptions<Selected> = {},
): UseQueryResult<Selected, MiosaError> {
  return useClientQuery((client) => sandboxQueries.files<Selected>(client, id, path), query);
}
