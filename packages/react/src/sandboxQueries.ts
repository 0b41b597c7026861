import {
  type CreateComputerInput,
  type FileEntry,
  isOptimisticSandbox,
  type ListSandboxesFilter,
  type MiosaClient,
  type MiosaError,
  type Readiness,
  type Sandbox,
  showCreating,
  showMoving,
  type UsageQuery,
  type UsageReport,
} from "@miosa/core";
import { mutationOptions, queryOptions, skipToken } from "@tanstack/react-query";
import { fileMutations } from "./fileMutations.js";
import { arrive, sandboxCacheOf, takeAnswer } from "./sandboxCache.js";
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
              return arrive(await client.sandboxes.get(id, { signal }), question.one);
            },
      structuralSharing: takeAnswer,
      retry: false,
    }),

  /** All sandboxes that match, newest first. `sandboxes.list` */
  list: <Selected = Sandbox[]>(client: MiosaClient, filter?: ListSandboxesFilter) =>
    queryOptions<Sandbox[], MiosaError, Selected, ReturnType<typeof sandboxKeys.list>>({
      queryKey: sandboxKeys.list(filter),
      queryFn: async ({ signal, client: queryClient }) => {
        const asked = normalizeFilter(filter);
        const cache = sandboxCacheOf(queryClient);
        const question = cache.ask();
        const answer = await client.sandboxes.list(asked, { signal });
        cache.spread(question.rows(answer, asked));
        return arrive(answer, (rows) => question.rows(rows, asked));
      },
      structuralSharing: takeAnswer,
      retry: false,
    }),

  /** Whether a sandbox is ready, asked once. Prefetch it on a server to show the right state before any script runs. `sandboxes.readiness` */
  readiness: (client: MiosaClient, id: string) =>
    queryOptions<Readiness, MiosaError, Readiness, ReturnType<typeof sandboxKeys.readiness>>({
      queryKey: sandboxKeys.readiness(id),
      queryFn: ({ signal }) => client.sandboxes.readiness(id, { signal }),
      retry: false,
    }),

  /** The entries of a folder; waits while `id` is undefined. `files.list` */
  files: <Selected = FileEntry[]>(client: MiosaClient, id: string | undefined, path = "/workspace") =>
    queryOptions<FileEntry[], MiosaError, Selected, ReturnType<typeof sandboxKeys.folder>>({
      queryKey: sandboxKeys.folder(id ?? "", path),
      queryFn: id === undefined ? skipToken : ({ signal }) => client.files.list(id, path, { signal }),
      retry: false,
    }),

  /** A file's text; waits while `id` or `path` is undefined. `files.readText` */
  file: <Selected = string>(client: MiosaClient, id: string | undefined, path: string | undefined) =>
    queryOptions<string, MiosaError, Selected, ReturnType<typeof sandboxKeys.file>>({
      queryKey: sandboxKeys.file(id ?? "", path ?? ""),
      queryFn: id === undefined || path === undefined ? skipToken : ({ signal }) => client.files.readText(id, path, { signal }),
      retry: false,
    }),

  /** Usage per customer, user, project or workspace. `usage.byAttribution` */
  usage: <Selected = UsageReport>(client: MiosaClient, report: UsageQuery = {}) =>
    queryOptions<UsageReport, MiosaError, Selected, ReturnType<typeof sandboxKeys.usage>>({
      queryKey: sandboxKeys.usage(report),
      queryFn: ({ signal }) => client.usage.byAttribution(report, { signal }),
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
        showMoving(sandboxCacheOf(queryClient), id, "destroying", () => client.sandboxes.delete(id)),
      retry: false,
    }),

  /** Starts a sandbox. It shows as `starting` at once; an error brings its state back. `onStarted` is told first. `computers.start` */
  start: <Context = unknown>(client: MiosaClient, onStarted?: (id: string) => void) =>
    mutationOptions<void, MiosaError, string, Context>({
      mutationKey: sandboxKeys.start(),
      mutationFn: (id, { client: queryClient }) =>
        showMoving(sandboxCacheOf(queryClient), id, "starting", async () => {
          await client.computers.start(id);
          onStarted?.(id);
        }),
      retry: false,
    }),

  /** Stops a sandbox. It shows as `stopping` at once; an error brings its state back. `computers.stop` */
  stop: <Context = unknown>(client: MiosaClient) =>
    mutationOptions<void, MiosaError, string, Context>({
      mutationKey: sandboxKeys.stop(),
      mutationFn: (id, { client: queryClient }) => showMoving(sandboxCacheOf(queryClient), id, "stopping", () => client.computers.stop(id)),
      retry: false,
    }),

  ...fileMutations,
};
