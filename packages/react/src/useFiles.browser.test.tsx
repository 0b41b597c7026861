import { createMiosaClient } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import { type ReactElement, StrictMode } from "react";
import { expect, onTestFinished, test } from "vitest";
import { page } from "vitest/browser";
import { render } from "vitest-browser-react";
import { startLocalServer } from "../../../test/localServer.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { useFile } from "./useFile.js";
import { useFiles } from "./useFiles.js";
import { useWriteFile } from "./useWriteFile.js";

const patiently = { timeout: 10_000 };

test("shows a folder and a file, and what was written to them", async () => {
  await using server = await startLocalServer();
  const client = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  onTestFinished(() => queryClient.clear());
  const { id } = await client.sandboxes.create();
  expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
  await client.files.write(id, "notes.txt", "old");

  function Files(): ReactElement {
    const { data: names = [] } = useFiles(id, { query: { select: (entries) => entries.map(({ name }) => name).toSorted() } });
    const { data: text } = useFile(id, "notes.txt");
    const write = useWriteFile(id);
    return (
      <main>
        <p>{`files: ${names.join(" ")}`}</p>
        <p>{`text: ${text}`}</p>
        <button onClick={() => write.mutate({ path: "notes.txt", content: "new" })}>Write text</button>
        <button onClick={() => write.mutate({ path: "more.txt", content: new Blob(["bytes"]) })}>Write bytes</button>
      </main>
    );
  }

  const screen = await render(
    <StrictMode>
      <MiosaProvider client={client} queryClient={queryClient}>
        <Files />
      </MiosaProvider>
    </StrictMode>,
  );
  await expect.element(page.getByText("files: notes.txt", { exact: true }), patiently).toBeVisible();
  await expect.element(page.getByText("text: old"), patiently).toBeVisible();
  await page.getByRole("button", { name: "Write text" }).click();
  await expect.element(page.getByText("text: new"), patiently).toBeVisible();
  await page.getByRole("button", { name: "Write bytes" }).click();
  await expect.element(page.getByText("files: more.txt notes.txt"), patiently).toBeVisible();
  expect(await client.files.readText(id, "more.txt")).toBe("bytes");
  await screen.unmount();
});
