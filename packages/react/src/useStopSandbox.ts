"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type MutationOverrides, useClientMutation } from "./overrides.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useStopSandbox}. */
export interface UseStopSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, string, Context>;
}

/** Stops a sandbox: `mutate(id)`. It shows as `stopping` at once, and as stopped when the server says so; an error brings its state back. */
export function useStopSandbox<Context = unknown>({ mutation }: UseStopSandboxOptions<Context> = {}): UseMutationResult<
  void,
  MiosaError,
  string,
  Context
> {
  return useClientMutation(sandboxQueries.stop<Context>, mutation);
}
