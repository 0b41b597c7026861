import { type CreateComputerInput, isApiError, type ListSandboxesFilter, type MiosaClient, type MiosaError, type Readiness, type Sandbox } from "@miosa/core";
import { mutationOptions, queryOptions, skipToken } from "@tanstack/react-query";
import { isOptimisticSandbox } from "./optimisticSandbox.js";
import { sandboxCacheOf, takeReply } from "./sandboxCache.js";
import { normalizeFilter, sandboxKeys } from "./sandboxKeys.js";

/**
 * Options for TanStack Query, for use where there is no hook: loaders, prefetch on a server, tests.
 * Nothing here is retried by TanStack: the client has retried already.
 */
export const sandboxQueries = {
  /** One sandbox; waits while `id` is undefined. `sandboxes.get` */
  detail: (client: MiosaClient, id: string | undefined) =>
    queryOptions<Sandbox, MiosaError, Sandbox, ReturnType<typeof sandboxKeys.detail>>({
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
  list: (client: MiosaClient, filter?: ListSandboxesFilter) =>
    queryOptions<Sandbox[], MiosaError, Sandbox[], ReturnType<typeof sandboxKeys.list>>({
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
      mutationFn: async (input, { client: queryClient }) => {
        const attributes = input ?? {};
        const cache = sandboxCacheOf(queryClient);
        const template = client.sandboxes.template();
        const standIn = cache.standIn(attributes, template);
        const release = standIn.templateType === template ? cache.hold({ type: "put", sandbox: standIn }) : () => {};
        const question = cache.ask();
        try {
          const sandbox = question.settle(await client.sandboxes.create(attributes));
          release();
          queryClient.setQueryData(sandboxKeys.detail(sandbox.id), sandbox);
          if (standIn.templateType === template) cache.record({ type: "put", sandbox, insteadOf: standIn.id });
          return sandbox;
        } catch (error) {
          release();
          cache.record({ type: "remove", id: standIn.id, state: "destroyed" });
          throw error;
        }
      },
      retry: false,
    }),

  /** Deletes a sandbox. It leaves the lists at once; an error brings it back, unless the error is that it is gone. `sandboxes.delete` */
  delete: <Context = unknown>(client: MiosaClient) =>
    mutationOptions<void, MiosaError, string, Context>({
      mutationKey: sandboxKeys.delete(),
      mutationFn: async (id, { client: queryClient }) => {
        const cache = sandboxCacheOf(queryClient);
        const before = cache.find(id);
        const release = cache.hold({ type: "remove", id, state: "destroying" });
        const question = cache.ask();
        try {
          await client.sandboxes.delete(id);
          release();
          cache.record({ type: "remove", id, state: "destroyed" });
        } catch (error) {
          release();
          if (isApiError(error) && error.status === 404) cache.record({ type: "remove", id, state: "destroyed" });
          else if (before !== undefined) cache.record({ type: "put", sandbox: question.settle(before) });
          throw error;
        }
      },
      retry: false,
    }),
};
