"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { fileMutations, type WriteFileInput } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useWriteFile}. */
export interface UseWriteFileOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, WriteFileInput, Context>;
}

/** Writes a small file of a sandbox: `mutate({ path, content })`. What the page shows of its files is asked for again. */
export function useWriteFile<Context = unknown>(
  id: string,
  { mutation }: UseWriteFileOptions<Context> = {},
): UseMutationResult<void, MiosaError, WriteFileInput, Context> {
  return useClientMutation((client) => fileMutations.writeFile<Context>(client, id), mutation);
}
