"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type DeleteFileInput, fileMutations } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useDeleteFile}. */
export interface UseDeleteFileOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, DeleteFileInput, Context>;
}

/** Deletes a file of a sandbox, or with `recursive` a folder and all in it: `mutate({ path })`. What the page shows of its files is asked for again. */
export function useDeleteFile<Context = unknown>(
  id: string,
  { mutation }: UseDeleteFileOptions<Context> = {},
): UseMutationResult<void, MiosaError, DeleteFileInput, Context> {
  return useClientMutation((client) => fileMutations.deleteFile<Context>(client, id), mutation);
}
