"use client";

import type { MiosaError } from "@miosa/core";
import { useMutation, type UseMutationOptions, type UseMutationResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useDeleteSandbox}. */
export interface UseDeleteSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: Omit<UseMutationOptions<void, MiosaError, string, Context>, "mutationFn" | "mutationKey">;
}

/** Deletes a sandbox: `mutate(id)`. It leaves all lists at once; an error brings it back. */
export function useDeleteSandbox<Context = unknown>({ mutation }: UseDeleteSandboxOptions<Context> = {}): UseMutationResult<
  void,
  MiosaError,
  string,
  Context
> {
  const { client, queryClient } = useMiosa();
  return useMutation({ ...sandboxQueries.delete<Context>(client), ...mutation }, queryClient);
}
