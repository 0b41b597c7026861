import { createMiosaClient } from "@miosa/core";
import { startRawServer } from "@miosa/local/testing";
import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { expect, onTestFinished, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { sandboxKeys } from "./sandboxKeys.js";
import { useCreateFolder } from "./useCreateFolder.js";
import { useDeleteFile } from "./useDeleteFile.js";
import { useDownloadFile } from "./useDownloadFile.js";
import { useFile } from "./useFile.js";
import { useFiles } from "./useFiles.js";
import { useRenameFile } from "./useRenameFile.js";

/** A sandbox in which a command has run, such as one that makes files. */
async function startReady(command = "true") {
  const miosa = await startMiosa();
  const { id } = await miosa.client.sandboxes.create();
  expect(await miosa.client.sandboxes.waitUntilReady(id)).toBe(true);
  expect((await miosa.client.exec.run(id, { command })).exitCode).toBe(0);
  return { ...miosa, id };
}

const names = { query: { select: (entries: readonly { name: string }[]) => entries.map(({ name }) => name).toSorted() } };

test("a file that is deleted leaves the folder on the page", async () => {
  const { id, Strict } = await startReady("touch a.txt b.txt");
  const { result } = renderHook(() => ({ files: useFiles(id, names), remove: useDeleteFile(id) }), { wrapper: Strict });
  await waitFor(() => expect(result.current.files.data).toEqual(["a.txt", "b.txt"]));
  act(() => result.current.remove.mutate({ path: "a.txt" }));
  await waitFor(() => expect(result.current.files.data).toEqual(["b.txt"]));
});

test("a folder with something in it is deleted only when that is asked for", async () => {
  const { id, client, Strict } = await startReady("mkdir src; printf a > src/a.txt");
  const { result } = renderHook(() => useDeleteFile(id), { wrapper: Strict });
  act(() => result.current.mutate({ path: "src" }));
  await waitFor(() => expect(result.current.error?.status).toBe(409));
  expect(await client.files.readText(id, "src/a.txt")).toBe("a");
  act(() => result.current.mutate({ path: "src", recursive: true }));
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(await client.files.list(id)).toEqual([]);
});

test("a file keeps its text under its new name, and the old name does not come back with it", async () => {
  const { id, client, queryClient, Strict } = await startReady("printf text > old.txt");
  const { result, rerender } = renderHook(({ path }) => ({ file: useFile(id, path), rename: useRenameFile(id) }), {
    wrapper: Strict,
    initialProps: { path: "old.txt" },
  });
  await waitFor(() => expect(result.current.file.data).toBe("text"));
  rerender({ path: "new.txt" });
  await act(() => result.current.rename.mutateAsync({ from: "old.txt", to: "new.txt" }));
  await waitFor(() => expect(result.current.file.data).toBe("text"));
  expect(queryClient.getQueryData(sandboxKeys.file(id, "old.txt"))).toBeUndefined();
  expect((await client.files.list(id)).map(({ name }) => name)).toEqual(["new.txt"]);
});

test("a folder is made with those above it, and stands in the folder on the page", async () => {
  const { id, client, Strict } = await startReady();
  const { result } = renderHook(() => ({ files: useFiles(id, names), create: useCreateFolder(id) }), { wrapper: Strict });
  await waitFor(() => expect(result.current.files.data).toEqual([]));
  act(() => result.current.create.mutate("a/b"));
  await waitFor(() => expect(result.current.files.data).toEqual(["a"]));
  expect(await client.files.stat(id, "a/b")).toMatchObject({ type: "directory" });
});

test("a file of any bytes is fetched whole, and is not kept once nobody needs it", async () => {
  const { id, queryClient, Strict } = await startReady("printf '\\377\\000\\n\\376' > raw.bin");
  const { result, unmount } = renderHook(() => useDownloadFile(id), { wrapper: Strict });
  act(() => result.current.mutate({ path: "raw.bin" }));
  await waitFor(() => expect(result.current.data?.size).toBe(4));
  expect(Array.from(new Uint8Array((await result.current.data?.arrayBuffer()) ?? []))).toEqual([255, 0, 10, 254]);
  unmount();
  await waitFor(() => expect(queryClient.getMutationCache().getAll()).toEqual([]));
});

test("a download that is cancelled closes its connection", async () => {
  let isOpen = false;
  const server = await startRawServer((_, response) => {
    isOpen = true;
    response.once("close", () => (isOpen = false));
    response.writeHead(200, { "content-length": "100000000" }).write("the first of many bytes");
  });
  onTestFinished(async () => {
    cleanup();
    await server.close();
  });
  const client = createMiosaClient({ apiKey: "msk_u_test", baseUrl: server.url, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  const abort = new AbortController();
  const { result } = renderHook(() => useDownloadFile("sbx"), {
    wrapper: ({ children }) => <MiosaProvider client={client} queryClient={queryClient}>{children}</MiosaProvider>,
  });
  act(() => result.current.mutate({ path: "large.bin", signal: abort.signal, onProgress: () => abort.abort() }));
  await waitFor(() => expect(result.current.error).toBe(abort.signal.reason));
  await waitFor(() => expect(isOpen).toBe(false));
});

test("a file that is not there is an error of a download, and of a rename", async () => {
  const { id, Strict } = await startReady();
  const { result } = renderHook(() => ({ download: useDownloadFile(id), rename: useRenameFile(id) }), { wrapper: Strict });
  act(() => result.current.download.mutate({ path: "missing" }));
  act(() => result.current.rename.mutate({ from: "missing", to: "other" }));
  await waitFor(() => expect(result.current.download.error?.status).toBe(404));
  await waitFor(() => expect(result.current.rename.error?.status).toBe(404));
});

test("the changes of one sandbox's files that are under way can be counted", async () => {
  const { id, queryClient, Strict } = await startReady();
  const count = (of: string): number => queryClient.isMutating({ mutationKey: sandboxKeys.files(of) });
  const counted: number[] = [];
  const { result } = renderHook(() => useCreateFolder(id, { mutation: { onMutate: () => counted.push(count(id), count("other")) } }), { wrapper: Strict });
  await act(() => result.current.mutateAsync("src"));
  expect(counted).toEqual([1, 0]);
  expect(count(id)).toBe(0);
});
