import { dehydrate, type DehydratedState, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, onTestFinished, test } from "vitest";
import { startMiosa, type TestMiosa } from "../test/startMiosa.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useElapsedMs } from "./useElapsedMs.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

function Page({ id }: { id: string }): ReactElement {
  const { data: sandbox } = useSandbox(id);
  const { data: rows } = useSandboxes();
  const readiness = useSandboxReadiness(id);
  const elapsedMs = useElapsedMs(readiness);
  return <p>{`${sandbox?.name} of ${rows?.length}: ${readiness.phase}${elapsedMs === 0 ? "" : " after a while"}`}</p>;
}

/** Hydrates what a server rendered, and gives the errors that React found on the way. */
function hydrate({ client }: TestMiosa, html: string, id: string, state: DehydratedState): unknown[] {
  const errors: unknown[] = [];
  const container = document.body.appendChild(document.createElement("div"));
  container.innerHTML = html;
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 60_000 } } });
  const ui = pageOf(client, queryClient, id, state);
  render(ui, { container, hydrate: true, onRecoverableError: (error) => errors.push(error) });
  onTestFinished(() => queryClient.clear());
  return errors;
}

function pageOf(client: TestMiosa["client"], queryClient: QueryClient, id: string, state?: DehydratedState): ReactElement {
  return (
    <MiosaProvider client={client} queryClient={queryClient}>
      <HydrationBoundary state={state} queryClient={queryClient}>
        <Page id={id} />
      </HydrationBoundary>
    </MiosaProvider>
  );
}

test("rendering on a server asks nothing", async () => {
  const { server, client, queryClient } = await startMiosa();
  expect(renderToString(pageOf(client, queryClient, "some-id"))).toContain("undefined of undefined: connecting");
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.requests.length).toBe(0);
  expect(server.connections().sockets).toBe(0);
});

test("a prefetched page hydrates without a mismatch and without asking again", async () => {
  const miosa = await startMiosa();
  const { server, client } = miosa;
  const { id } = await client.sandboxes.create({ name: "quick-exec" });
  await client.sandboxes.waitUntilReady(id);

  const onServer = new QueryClient();
  await Promise.all([
    onServer.prefetchQuery(sandboxQueries.detail(client, id)),
    onServer.prefetchQuery(sandboxQueries.list(client)),
    onServer.prefetchQuery(sandboxQueries.readiness(client, id)),
  ]);
  const html = renderToString(pageOf(client, onServer, id));
  expect(html).toContain("quick-exec of 1: ready");
  const state = structuredClone(dehydrate(onServer));
  onServer.clear();

  server.clearRequests();
  expect(hydrate(miosa, html, id, state)).toEqual([]);
  expect(screen.getByText("quick-exec of 1: ready")).toBeDefined();
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.requests.map(({ route }) => route)).toEqual([]);
});

test("a page that was rendered while the sandbox booted hydrates without a mismatch and then becomes ready", async () => {
  const miosa = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { server, client } = miosa;
  const { id } = await client.sandboxes.create({ name: "quick-exec" });
  const onServer = new QueryClient();
  await Promise.all([
    onServer.prefetchQuery(sandboxQueries.detail(client, id)),
    onServer.prefetchQuery(sandboxQueries.list(client)),
    onServer.prefetchQuery(sandboxQueries.readiness(client, id)),
  ]);
  const html = renderToString(pageOf(client, onServer, id));
  expect(html).toContain("quick-exec of 1: connecting");
  const state = structuredClone(dehydrate(onServer));
  onServer.clear();

  server.clearRequests();
  expect(hydrate(miosa, html, id, state)).toEqual([]);
  await screen.findByText(/quick-exec of 1: ready/);
  expect(server.countRequests("GET /computers") + server.countRequests("GET /computers/:id")).toBe(0);
});
