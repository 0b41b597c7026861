"use client";

import type { MiosaClient, MiosaError } from "@miosa/core";
import {
  type QueryKey,
  useMutation,
  type UseMutationOptions,
  type UseMutationResult,
  useQuery,
  type UseQueryOptions,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useMiosa } from "./MiosaProvider.js";

/** TanStack Query's own options of a query, but for those that make it what it is. */
export type QueryOverrides<Result, Selected, Key extends QueryKey> = Omit<
  UseQueryOptions<Result, MiosaError, Selected, Key>,
  "queryKey" | "queryFn" | "structuralSharing"
>;

/** TanStack Query's own options of a mutation, such as `onSuccess`. They come on top of the cache updates and cannot undo them. */
export type MutationOverrides<Result, Variables, Context> = Omit<
  UseMutationOptions<Result, MiosaError, Variables, Context>,
  "mutationFn" | "mutationKey"
>;

/** A query of the provider's client, with the caller's options on top. */
export function useClientQuery<Result, Selected, Key extends QueryKey>(
  options: (client: MiosaClient) => UseQueryOptions<Result, MiosaError, Selected, Key>,
  overrides: QueryOverrides<Result, Selected, Key> | undefined,
): UseQueryResult<Selected, MiosaError> {
  const { client, queryClient } = useMiosa();
  return useQuery({ ...options(client), ...overrides }, queryClient);
}

/** A mutation of the provider's client, with the caller's options on top. */
export function useClientMutation<Result, Variables, Context>(
  options: (client: MiosaClient) => UseMutationOptions<Result, MiosaError, Variables, Context>,
  overrides: MutationOverrides<Result, Variables, Context> | undefined,
): UseMutationResult<Result, MiosaError, Variables, Context> {
  const { client, queryClient } = useMiosa();
  return useMutation({ ...options(client), ...overrides }, queryClient);
}
