"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type DownloadFileInput, fileMutations } from "./fileMutations.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";

/** Options of {@link useDownloadFile}. */
export interface UseDownloadFileOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. */
  mutation?: MutationOverrides<Blob, DownloadFileInput, Context>;
}

/**
 * Fetches a file of any size and kind, with whatever signs the client's requests: `mutate({ path })`, or `mutateAsync` for the Blob, which
 * the page may save or show. An `AbortSignal` under `signal` cancels it.
 */
export function useDownloadFile<Context = unknown>(
  id: string,
  { mutation }: UseDownloadFileOptions<Context> = {},
): UseMutationResult<Blob, MiosaError, DownloadFileInput, Context> {
  return useClientMutation((client) => fileMutations.downloadFile<Context>(client, id), mutation);
}
