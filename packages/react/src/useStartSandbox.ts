"use client";

import type { MiosaError } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import { type MutationOverrides, useClientMutation } from "./overrides.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useStartSandbox}. */
export interface UseStartSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<void, string, Context>;
}

/** Starts a sandbox: `mutate(id)`. It shows as `starting` at once, and the wait for its readiness begins anew; an error brings its state back. */
export function useStartSandbox<Context = unknown>({ mutation }: UseStartSandboxOptions<Context> = {}): UseMutationResult<
  void,
  MiosaError,
  string,
  Context
> {
  const { readiness } = useMiosa();
  return useClientMutation((client) => sandboxQueries.start<Context>(client, readiness.retry), mutation);
}
