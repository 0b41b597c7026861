import { createMiosaClient, type FileEntry } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, StrictMode } from "react";
import { expect, onTestFinished, test } from "vitest";
import { page } from "vitest/browser";
import { render } from "vitest-browser-react";
import { startLocalServer } from "../../../test/localServer.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { useFile } from "./useFile.js";
import { useFiles } from "./useFiles.js";
import { useUploadFile } from "./useUploadFile.js";
import { useWriteFile } from "./useWriteFile.js";


/** A sandbox that is ready with one file, and a way to show a component that uses it. */
async function startSandbox(server: { apiKey: string; baseUrl: string }) {
  const client = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  onTestFinished(() => queryClient.clear());
  const { id } = await client.sandboxes.create();
  expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
  await client.files.write(id, "notes.txt", "old");
  const show = (children: ReactElement) =>
    render(
      <StrictMode>
        <MiosaProvider client={client} queryClient={queryClient}>
          {children}
        </MiosaProvider>
      </StrictMode>,
    );
  return { client, id, show };
}

const names = { query: { select: (entries: readonly FileEntry[]) => entries.map(({ name }) => name).toSorted() } };

test("shows a folder and a file, and what was written to them", async () => {
  await using server = await startLocalServer();
  const { client, id, show } = await startSandbox(server);

  function Files(): ReactElement {
    const { data: shown = [] } = useFiles(id, names);
    const { data: text } = useFile(id, "notes.txt");
    const write = useWriteFile(id);
    return (
      <main>
        <p>{`files: ${shown.join(" ")}`}</p>
        <p>{`text: ${text}`}</p>
        <button onClick={() => write.mutate({ path: "notes.txt", content: "new" })}>Write text</button>
        <button onClick={() => write.mutate({ path: "more.txt", content: new Blob(["bytes"]) })}>Write bytes</button>
      </main>
    );
  }

  const screen = await show(<Files />);
  await expect.element(page.getByText("files: notes.txt", { exact: true })).toBeVisible();
  await expect.element(page.getByText("text: old")).toBeVisible();
  await page.getByRole("button", { name: "Write text" }).click();
  await expect.element(page.getByText("text: new")).toBeVisible();
  await page.getByRole("button", { name: "Write bytes" }).click();
  await expect.element(page.getByText("files: more.txt notes.txt")).toBeVisible();
  expect(await client.files.readText(id, "more.txt")).toBe("bytes");
  await screen.unmount();
});

test("a chosen file is sent whole, and one that is cancelled leaves nothing behind", async () => {
  await using server = await startLocalServer();
  const { client, id, show } = await startSandbox(server);
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const large = new File(Array.from({ length: 500 }, () => bytes), "large.bin");
  const abort = new AbortController();

  function Files(): ReactElement {
    const { data: shown = [] } = useFiles(id, names);
    const { mutate, error } = useUploadFile(id);
    const cancelled = (): void => {
      mutate({ path: "src/large.bin", content: large, signal: abort.signal });
      abort.abort();
    };
    return (
      <main>
        <p>{`files: ${shown.join(" ")}`}</p>
        <p>{`error: ${error?.name}`}</p>
        <button onClick={() => mutate({ path: "bytes.bin", content: new File([bytes], "any.bin") })}>Upload</button>
        <button onClick={cancelled}>Upload and cancel</button>
      </main>
    );
  }

  const screen = await show(<Files />);
  await page.getByRole("button", { name: "Upload and cancel" }).click();
  await expect.element(page.getByText("error: AbortError")).toBeVisible();
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect.element(page.getByText("files: bytes.bin notes.txt")).toBeVisible();
  expect(await client.files.read(id, "bytes.bin")).toEqual(bytes);
  await screen.unmount();
});
