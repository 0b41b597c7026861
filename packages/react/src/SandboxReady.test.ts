import { createMiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { QueryClient } from "@tanstack/react-query";
import { createElement, Suspense } from "react";
import { renderToPipeableStream } from "react-dom/server";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { MiosaProvider } from "./MiosaProvider.js";
import { SandboxReady } from "./SandboxReady.js";
import { sandboxQueries } from "./sandboxQueries.js";

/** What a server sends for a page that waits for a sandbox. */
async function renderOnServer({ prefetch }: { prefetch: boolean }): Promise<{ html: string; requests: number }> {
  const server = await createLocalServer();
  const client = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl });
  const queryClient = new QueryClient();
  onTestFinished(async () => {
    queryClient.clear();
    await server.close();
  });
  const { id } = await client.sandboxes.create();
  expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
  if (prefetch) await queryClient.prefetchQuery(sandboxQueries.readiness(client, id));
  server.clearRequests();
  const ready = createElement(SandboxReady, { sandboxId: id }, "terminal");
  const ui = createElement(MiosaProvider, { client, queryClient }, createElement(Suspense, { fallback: "booting" }, ready));
  const html = await new Promise<string>((resolve, reject) => {
    const { pipe } = renderToPipeableStream(ui, {
      onAllReady: () => void text(pipe(new PassThrough())).then(resolve, reject),
      onError: () => undefined,
    });
  });
  return { html, requests: server.requests.length };
}

test("a server sends the fallback and opens no stream", async () => {
  const { html, requests } = await renderOnServer({ prefetch: false });
  expect(html).toContain("booting");
  expect(html).not.toContain("terminal");
  expect(requests).toBe(0);
});

test("a server that knows the sandbox to be ready sends what waits for it", async () => {
  const { html, requests } = await renderOnServer({ prefetch: true });
  expect(html).toContain("terminal");
  expect(requests).toBe(0);
});
