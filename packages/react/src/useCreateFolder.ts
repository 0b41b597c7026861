"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { fileMutations } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useCreateFolder}. */
export interface UseCreateFolderOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, string, Context>;
}

/** Makes a folder in a sandbox, with those above it: `mutate(path)`. What the page shows of its files is asked for again. */
export function useCreateFolder<Context = unknown>(
  id: string,
  { mutation }: UseCreateFolderOptions<Context> = {},
): UseMutationResult<void, MiosaError, string, Context> {
  return useClientMutation((client) => fileMutations.createFolder<Context>(client, id), mutation);
}
