"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { fileMutations, type RenameFileInput } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useRenameFile}. */
export interface UseRenameFileOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, RenameFileInput, Context>;
}

/** Moves or renames a file or a folder of a sandbox: `mutate({ from, to })`. What the page shows of its files is asked for again. */
export function useRenameFile<Context = unknown>(
  id: string,
  { mutation }: UseRenameFileOptions<Context> = {},
): UseMutationResult<void, MiosaError, RenameFileInput, Context> {
  return useClientMutation((client) => fileMutations.renameFile<Context>(client, id), mutation);
}
