import type { CreateComputerInput, ListSandboxesFilter, MiosaClient, MiosaError, Readiness, Sandbox } from "@miosa/core";
import { mutationOptions, queryOptions, skipToken } from "@tanstack/react-query";
import { hideDeleting, showCreating } from "./optimisticChanges.js";
import { isOptimisticSandbox } from "./optimisticSandbox.js";
import { sandboxCacheOf, takeReply } from "./sandboxCache.js";
import { normalizeFilter, sandboxKeys } from "./sandboxKeys.js";

/**
 * Options for TanStack Query, for use where there is no hook: loaders, prefetch on a server, tests.
 * Nothing here is retried by TanStack: the client has retried already.
 */
export const sandboxQueries = {
  /** One sandbox; waits while `id` is undefined. `sandboxes.get` */
  detail: <Selected = Sandbox>(client: MiosaClient, id: string | undefined) =>
    queryOptions<Sandbox, MiosaError, Selected, ReturnType<typeof sandboxKeys.detail>>({
      queryKey: sandboxKeys.detail(id ?? ""),
      queryFn:
        id === undefined || isOptimisticSandbox({ id })
          ? skipToken
          : async ({ signal, client: queryClient }) => {
              const question = sandboxCacheOf(queryClient).ask();
              return question.one(await client.sandboxes.get(id, { signal }));
            },
      structuralSharing: takeReply,
      retry: false,
    }),

  /** All sandboxes that match, newest first. `sandboxes.list` */
  list: <Selected = Sandbox[]>(client: MiosaClient, filter?: ListSandboxesFilter) =>
    queryOptions<Sandbox[], MiosaError, Selected, ReturnType<typeof sandboxKeys.list>>({
      queryKey: sandboxKeys.list(filter),
      queryFn: async ({ signal, client: queryClient }) => {
        const asked = normalizeFilter(filter);
        const question = sandboxCacheOf(queryClient).ask();
        return question.rows(await client.sandboxes.list(asked, { signal }), asked);
      },
      structuralSharing: takeReply,
      retry: false,
    }),

  /** Whether a sandbox is ready, asked once. Prefetch it on a server to show the right state before any script runs. `sandboxes.readiness` */
  readiness: (client: MiosaClient, id: string) =>
    queryOptions<Readiness, MiosaError, Readiness, ReturnType<typeof sandboxKeys.readiness>>({
      queryKey: sandboxKeys.readiness(id),
      queryFn: ({ signal }) => client.sandboxes.readiness(id, { signal }),
      retry: false,
    }),

  /** Creates a sandbox. It stands in the lists at once, as an optimistic row; an error takes it away again. `sandboxes.create` */
  create: <Context = unknown>(client: MiosaClient) =>
    mutationOptions<Sandbox, MiosaError, CreateComputerInput | void, Context>({
      mutationKey: sandboxKeys.create(),
      mutationFn: (input, { client: queryClient }) =>
        showCreating(sandboxCacheOf(queryClient), input ?? {}, client.sandboxes.template(), () => client.sandboxes.create(input ?? {})),
      retry: false,
    }),

  /** Deletes a sandbox. It leaves the lists at once; an error brings it back, unless the error is that it is gone. `sandboxes.delete` */
  delete: <Context = unknown>(client: MiosaClient) =>
    mutationOptions<void, MiosaError, string, Context>({
      mutationKey: sandboxKeys.delete(),
      mutationFn: (id, { client: queryClient }) =>
        hideDeleting(sandboxCacheOf(queryClient), id, () => client.sandboxes.delete(id)),
      retry: false,
    }),
};
