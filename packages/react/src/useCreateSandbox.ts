"use client";

import type { CreateComputerInput, MiosaError, Sandbox } from "@miosa/core";
import { useMutation, type UseMutationOptions, type UseMutationResult } from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useCreateSandbox}. */
export interface UseCreateSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: Omit<UseMutationOptions<Sandbox, MiosaError, CreateComputerInput | void, Context>, "mutationFn" | "mutationKey">;
}

/** Creates a sandbox: `mutate({ name })`. Matching lists show it at once and `useSandbox` of the new id needs no request. */
export function useCreateSandbox<Context = unknown>({ mutation }: UseCreateSandboxOptions<Context> = {}): UseMutationResult<
  Sandbox,
  MiosaError,
  CreateComputerInput | void,
  Context
> {
  const { client, queryClient } = useMiosa();
  return useMutation({ ...sandboxQueries.create<Context>(client), ...mutation }, queryClient);
}
