import type { ComputerState, FileEntry, LiveFeedStatus, MiosaClient, MiosaError, MiosaEvent, Sandbox, UsageReport } from "@miosa/core";
import { QueryClient, useQuery } from "@tanstack/react-query";
import { expectTypeOf, test } from "vitest";
import {
  type ExecOutput,
  isOptimisticSandbox,
  MiosaProvider,
  sandboxKeys,
  sandboxQueries,
  useCreateFolder,
  useCreateSandbox,
  useDeleteFile,
  useDeleteSandbox,
  useDownloadFile,
  useElapsedMs,
  useExec,
  useFile,
  useFiles,
  useLiveFeedStatus,
  useMiosaClient,
  useRenameFile,
  useSandbox,
  useSandboxes,
  useSandboxEvents,
  useSandboxReadiness,
  useStartSandbox,
  useStopSandbox,
  useSuspenseSandbox,
  useUploadFile,
  useUsage,
  useWriteFile,
} from "./index.js";

declare const client: MiosaClient;
const queryClient = new QueryClient();

test("useSandbox gives a sandbox, or what `select` picks", () => {
  const { data, error } = useSandbox("id");
  expectTypeOf(data).toEqualTypeOf<Sandbox | undefined>();
  expectTypeOf(error).toEqualTypeOf<MiosaError | null>();
  expectTypeOf(useSandbox("id", { query: { select: ({ state }) => state } }).data).toEqualTypeOf<ComputerState | undefined>();
  useSandbox(undefined, { query: { staleTime: 5_000, enabled: false, refetchInterval: 10_000 } });
  // @ts-expect-error the key and the function are the hook's own
  useSandbox("id", { query: { queryFn: () => Promise.resolve(null) } });
  // @ts-expect-error cache options do not mix with the rest
  useSandbox("id", { staleTime: 5_000 });
});

test("useSandboxes gives the list, or what `select` picks", () => {
  expectTypeOf(useSandboxes().data).toEqualTypeOf<Sandbox[] | undefined>();
  const ids = useSandboxes({ state: ["running", "error"] }, { query: { select: (rows) => rows.map(({ id }) => id) } });
  expectTypeOf(ids.data).toEqualTypeOf<string[] | undefined>();
  const { data = [] } = useSandboxes({ externalWorkspaceId: "dental-1" });
  expectTypeOf(data.filter((row) => !isOptimisticSandbox(row))).toEqualTypeOf<Sandbox[]>();
  // @ts-expect-error there is no such state
  useSandboxes({ state: "sleeping" });
});

test("useCreateSandbox takes attributes or nothing, and gives the sandbox", () => {
  const create = useCreateSandbox({ mutation: { onSuccess: ({ id }) => id, onError: (error) => error.retryAfterMs } });
  create.mutate();
  create.mutate({ name: "quick-exec", externalUserId: "dr-smith" }, { onSuccess: (sandbox) => sandbox.id });
  expectTypeOf(create.mutateAsync({})).toEqualTypeOf<Promise<Sandbox>>();
  expectTypeOf(create.error).toEqualTypeOf<MiosaError | null>();
  // @ts-expect-error the wire's spelling is not the client's
  create.mutate({ external_user_id: "dr-smith" });
});

test("a mutation's own onMutate result reaches its other callbacks", () => {
  useDeleteSandbox<{ startedAtMs: number }>({
    mutation: {
      onMutate: () => ({ startedAtMs: Date.now() }),
      onSettled: (_result, _error, _id, context) => expectTypeOf(context).toEqualTypeOf<{ startedAtMs: number } | undefined>(),
    },
  });
});

test("useDeleteSandbox takes an id", () => {
  const remove = useDeleteSandbox();
  expectTypeOf(remove.variables).toEqualTypeOf<string | undefined>();
  remove.mutate("id");
  // @ts-expect-error the id is needed
  remove.mutate();
});

test("useSandboxReadiness tells phase, source and error", () => {
  const readiness = useSandboxReadiness("id", { enabled: true, timeoutMs: 60_000 });
  expectTypeOf(readiness.phase).toEqualTypeOf<"idle" | "connecting" | "booting" | "ready" | "timedOut" | "failed">();
  expectTypeOf(readiness.source).toEqualTypeOf<"feed" | "stream" | "poll" | null>();
  expectTypeOf(readiness.error).toEqualTypeOf<MiosaError | null>();
  expectTypeOf(useElapsedMs(readiness)).toEqualTypeOf<number>();
});

test("useSuspenseSandbox always has a sandbox", () => {
  expectTypeOf(useSuspenseSandbox("id").data).toEqualTypeOf<Sandbox>();
  expectTypeOf(useSuspenseSandbox("id", { query: { select: ({ name }) => name } }).data).toEqualTypeOf<string | null>();
  // @ts-expect-error it cannot wait for an id
  useSuspenseSandbox(undefined);
});

test("useStartSandbox and useStopSandbox take an id", () => {
  useStartSandbox({ mutation: { onError: (error) => error.code } }).mutate("id");
  useStopSandbox().mutate("id");
  // @ts-expect-error the id is needed
  useStopSandbox().mutate();
});

test("useExec takes a command, and gives output and exit code", () => {
  const exec = useExec("id", { maxLines: 10, mutation: { onSuccess: ({ exitCode }) => exitCode } });
  exec.mutate({ command: "ls", timeoutSec: 5 });
  expectTypeOf(exec.data).toEqualTypeOf<ExecOutput | undefined>();
  expectTypeOf(exec.output.lines[0]?.type).toEqualTypeOf<"stdout" | "stderr" | undefined>();
  expectTypeOf(exec.error).toEqualTypeOf<MiosaError | null>();
  expectTypeOf(exec.cancel).toEqualTypeOf<() => void>();
  // @ts-expect-error a command is needed
  exec.mutate({ cwd: "/" });
});

test("files, usage, events and the feed have the types of core", () => {
  expectTypeOf(useFiles("id", { path: "src" }).data).toEqualTypeOf<FileEntry[] | undefined>();
  expectTypeOf(useFile("id", "a.txt", { query: { select: (text) => text.length } }).data).toEqualTypeOf<number | undefined>();
  useWriteFile("id").mutate({ path: "a.txt", content: new Uint8Array() });
  expectTypeOf(useUsage({ groupBy: "externalUserId" }).data).toEqualTypeOf<UsageReport | undefined>();
  expectTypeOf(useSandboxEvents("id", { limit: 5 })).toEqualTypeOf<readonly MiosaEvent[]>();
  expectTypeOf(useLiveFeedStatus()).toEqualTypeOf<LiveFeedStatus>();
  // @ts-expect-error there is no such group
  useUsage({ groupBy: "planet" });
});

test("changes of files take what core takes, and a download gives a Blob", () => {
  const { signal } = new AbortController();
  useUploadFile("id").mutate({ path: "a.bin", content: new File([], "a.bin"), signal });
  useDeleteFile("id", { mutation: { onSuccess: (_result, { path }) => path } }).mutate({ path: "src", recursive: true });
  useRenameFile("id").mutate({ from: "a.txt", to: "b.txt" });
  useCreateFolder("id").mutate("src");
  expectTypeOf(useDownloadFile("id").mutateAsync({ path: "a.bin", signal })).toEqualTypeOf<Promise<Blob>>();
  expectTypeOf(useDownloadFile("id").error).toEqualTypeOf<MiosaError | null>();
  // @ts-expect-error a path is needed
  useDeleteFile("id").mutate({ recursive: true });
});

test("the query options work without the hooks", () => {
  expectTypeOf(queryClient.fetchQuery(sandboxQueries.list(client))).toEqualTypeOf<Promise<Sandbox[]>>();
  expectTypeOf(queryClient.ensureQueryData(sandboxQueries.detail(client, "id"))).toEqualTypeOf<Promise<Sandbox>>();
  expectTypeOf(useQuery(sandboxQueries.readiness(client, "id")).data?.ready).toEqualTypeOf<boolean | undefined>();
  expectTypeOf(queryClient.getQueryData(sandboxQueries.detail(client, "id").queryKey)).toEqualTypeOf<Sandbox | undefined>();
  void queryClient.invalidateQueries({ queryKey: sandboxKeys.lists() });
});

test("the provider's client comes back", () => {
  expectTypeOf(useMiosaClient()).toEqualTypeOf<MiosaClient>();
  expectTypeOf(MiosaProvider).parameter(0).toHaveProperty("client");
  // @ts-expect-error a client is needed
  MiosaProvider({});
});
