import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";

/** Forgets all that was kept under the first part of a key. */
export function useForgetKept(): (owner: string) => void {
  const queryClient = useQueryClient();
  return (owner) => queryClient.removeQueries({ queryKey: ["kept", owner] });
}

/**
 * State that outlives its component: it stays until somebody else signs in or the page is closed. It stands in the query cache,
 * whose news comes in the next task: what someone types needs a state of its own besides.
 */
export function useKept<Value>(key: readonly string[], initial: Value): [Value, (change: (before: Value) => Value) => void] {
  const queryClient = useQueryClient();
  const queryKey = ["kept", ...key];
  const { data = initial } = useQuery<Value>({ queryKey, queryFn: skipToken, staleTime: Infinity, gcTime: Infinity, structuralSharing: false });
  return [data, (change) => void queryClient.setQueryData<Value>(queryKey, (before = initial) => change(before))];
}
