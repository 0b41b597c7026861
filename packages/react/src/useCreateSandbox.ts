"use client";

import type { CreateComputerInput, MiosaError, Sandbox } from "@miosa/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type MutationOverrides, useClientMutation } from "./overrides.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** Options of {@link useCreateSandbox}. */
export interface UseCreateSandboxOptions<Context = unknown> {
  /** TanStack Query's own options, such as `onSuccess`, `onError`. They come on top of the cache updates and cannot undo them. */
  mutation?: MutationOverrides<Sandbox, CreateComputerInput | void, Context>;
}

/** Creates a sandbox: `mutate({ name })`. Matching lists show it at once and `useSandbox` of the new id needs no request. */
export function useCreateSandbox<Context = unknown>({ mutation }: UseCreateSandboxOptions<Context> = {}): UseMutationResult<
  Sandbox,
  MiosaError,
  CreateComputerInput | void,
  Context
> {
  return useClientMutation(sandboxQueries.create<Context>, mutation);
}
