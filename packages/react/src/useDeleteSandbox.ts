"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type MutationOverrides, useClientMutation } from "./overrides.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useDeleteSandbox}. */
export interface UseDeleteSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, string, Context>;
}

/** Deletes a sandbox: `mutate(id)`. It leaves all lists at once; an error brings it back. */
export function useDeleteSandbox<Context = unknown>({ mutation }: UseDeleteSandboxOptions<Context> = {}): UseMutationResult<
  void,
  MiosaError,
  string,
  Context
> {
  return useClientMutation(sandboxQueries.delete<Context>, mutation);
}
