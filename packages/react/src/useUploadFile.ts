"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { fileMutations, type UploadFileInput } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useUploadFile}. */
export interface UseUploadFileOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, UploadFileInput, Context>;
}

/**
 * Sends a file of any size to a sandbox, such as one that someone chose or dropped: `mutate({ path, content: file })`. An `AbortSignal`
 * under `signal` cancels it. What the page shows of the sandbox's files is asked for again.
 */
export function useUploadFile<Context = unknown>(
  id: string,
  { mutation }: UseUploadFileOptions<Context> = {},
): UseMutationResult<void, MiosaError, UploadFileInput, Context> {
  return useClientMutation((client) => fileMutations.uploadFile<Context>(client, id), mutation);
}
