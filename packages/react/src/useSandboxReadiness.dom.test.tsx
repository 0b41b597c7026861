import { isApiError } from "@miosa/core";
import { act, render, renderHook, screen, waitFor } from "@testing-library/react";
import { type ReactElement, StrictMode } from "react";
import { expect, test } from "vitest";
import { clientFor, startMiosa } from "../test/startMiosa.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useSandboxReadiness, type UseSandboxReadinessOptions } from "./useSandboxReadiness.js";

const stream = "GET /sandboxes/:id/readiness/stream";
const probe = "GET /sandboxes/:id/readiness";

function Phase({ id, options }: { id: string; options?: UseSandboxReadinessOptions }): ReactElement {
  return <output>{useSandboxReadiness(id, options).phase}</output>;
}

test("follows a sandbox until it is ready, over one connection in StrictMode", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 100 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  expect(result.current).toMatchObject({ phase: "connecting", isReady: false, isFinal: false, elapsedMs: null, error: null });
  await waitFor(() => expect(result.current.isReady).toBe(true));
  expect(result.current).toMatchObject({ phase: "ready", isFinal: true, source: "stream", error: null });
  expect(result.current.elapsedMs).toBeGreaterThan(0);
  expect(Date.parse(result.current.readyAt ?? "")).not.toBeNaN();
  expect(server.countRequests(stream)).toBe(1);
});

test("says that it polls when the server has no stream", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { noStream: true, slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(result.current).toMatchObject({ phase: "booting", source: "poll" }));
  await waitFor(() => expect(result.current).toMatchObject({ phase: "ready", source: "poll" }));
  expect(server.countRequests(stream)).toBe(1);
});

test("gets there by polling when the stream is cut after its headers", async () => {
  const { client, Strict } = await startMiosa({ faults: { dropStream: true, slowStart: { delayMs: 100 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(result.current).toMatchObject({ phase: "ready", source: "poll" }));
});

test("times out on a sandbox that never becomes ready, and retry starts over", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 3_000 } } }); // late by half of each deadline
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id, { timeoutMs: 2_000 }), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("timedOut"));
  expect(result.current).toMatchObject({ isReady: false, isFinal: true, error: null });
  expect(server.connections().streams.readiness).toBe(0);
  act(() => result.current.retry());
  expect(result.current).toMatchObject({ phase: "connecting", isFinal: false, elapsedMs: null });
  await waitFor(() => expect(result.current.phase).toBe("ready"));
});

test("tells why the server gave up", async () => {
  const { client, Strict } = await startMiosa({ faults: { timeoutStream: true, neverReady: true } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("timedOut"));
  expect(result.current.reason).not.toBeNull();
});

test("times out when the server is stopped", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  await server.close();
  const { result } = renderHook(() => useSandboxReadiness(id, { timeoutMs: 300 }), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("timedOut"));
});

test("fails with the server's 401 when the key is wrong", async () => {
  const { client, Strict } = await startMiosa({ client: { apiKey: "msk_u_wrong" } });
  const { result } = renderHook(() => useSandboxReadiness("some-id"), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("failed"));
  expect(result.current.error?.status).toBe(401);
  await expect(client.sandboxes.list()).rejects.toSatisfy(isApiError);
});

test("fails with a 404 when there is no such sandbox", async () => {
  const { Strict } = await startMiosa();
  const { result } = renderHook(() => useSandboxReadiness("no-such-sandbox"), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("failed"));
  expect(result.current.error?.status).toBe(404);
});

test("fails with the server's reason when booting failed", async () => {
  const { client, Strict } = await startMiosa({ faults: { bootFails: { reason: "out of disk" }, slowStart: { delayMs: 100 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(result.current.phase).toBe("failed"));
  expect(result.current.error?.message).toContain("out of disk");
});

test("turns from ready to failed when the sandbox is destroyed by someone else", async () => {
  const { server, client, Strict } = await startMiosa();
  const sandboxes = await Promise.all([1, 2, 3].map(() => client.sandboxes.create()));
  render(sandboxes.map(({ id }) => <Phase key={id} id={id} />), { wrapper: Strict });
  await waitFor(() => expect(screen.getAllByText("ready")).toHaveLength(3));
  await waitFor(() => expect(server.connections().streams.events).toBe(1));
  await client.sandboxes.delete(sandboxes[0]?.id ?? "");
  await screen.findByText("failed");
  expect(screen.getAllByText("ready")).toHaveLength(2);
});

test("closes its connection when the page is left", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { neverReady: true } });
  const { id } = await client.sandboxes.create();
  const { unmount } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(server.connections().streams.readiness).toBe(1));
  unmount();
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
});

test("cuts its request when it is left before the server has answered", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { noAnswer: { routes: [stream] } } });
  const { id } = await client.sandboxes.create();
  const { unmount } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  await waitFor(() => expect(server.countRequests(stream)).toBe(1));
  unmount();
  await waitFor(() => expect(server.requests.at(-1)?.status).toBe(499)); // the server's word for a caller that left
});

test("shares one connection between all components that watch the same sandbox", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { rerender } = render([1, 2, 3].map((key) => <Phase key={key} id={id} />), { wrapper: Strict });
  await waitFor(() => expect(server.connections().streams.readiness).toBe(1));
  rerender([3, 4].map((key) => <Phase key={key} id={id} />));
  await waitFor(() => expect(screen.getAllByText("ready")).toHaveLength(2));
  expect(server.countRequests(stream)).toBe(1);
});

test("twenty sandboxes share one connection", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_000 } } });
  const sandboxes = await Promise.all(Array.from({ length: 20 }, () => client.sandboxes.create()));
  const { unmount } = render(sandboxes.map(({ id }) => <Phase key={id} id={id} />), { wrapper: Strict });
  await waitFor(() => expect(server.connections().streams).toEqual({ readiness: 0, events: 1 }));
  await waitFor(() => expect(screen.getAllByText("ready")).toHaveLength(20));
  expect(server.connections().streams).toEqual({ readiness: 0, events: 1 });
  unmount();
  await waitFor(() => expect(server.connections().streams).toEqual({ readiness: 0, events: 0 }));
});

test("goes on over the same connection when the last component is replaced by another", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { rerender } = render(<Phase key="first" id={id} />, { wrapper: Strict });
  await screen.findByText("booting");
  rerender(<Phase key="second" id={id} />);
  expect(screen.getByText("booting")).toBeDefined();
  await screen.findByText("ready");
  expect(server.countRequests(stream)).toBe(1);
});

test("starts over when it comes back after it was left half-way", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { rerender } = render(<Phase id={id} />, { wrapper: Strict });
  await screen.findByText("booting");
  rerender(<p>elsewhere</p>);
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
  rerender(<Phase id={id} />);
  await screen.findByText("ready");
  expect(server.countRequests(stream)).toBe(2);
});

test("keeps a final state for a component that comes back", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  const { rerender } = render(<Phase id={id} />, { wrapper: Strict });
  await screen.findByText("ready");
  rerender(<p>elsewhere</p>);
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
  rerender(<Phase id={id} />);
  expect(screen.getByText("ready")).toBeDefined();
  expect(server.countRequests(stream)).toBe(1);
});

test("follows the new sandbox and leaves the old one when the id changes", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { neverReady: { times: 1 } } });
  const stuck = await client.sandboxes.create();
  await waitFor(() => expect(server.faults.active()).not.toContain("neverReady"));
  const fine = await client.sandboxes.create();
  const { rerender } = render(<Phase id={stuck.id} />, { wrapper: Strict });
  await screen.findByText("booting");
  rerender(<Phase id={fine.id} />);
  await screen.findByText("ready");
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
});

test("asks nothing while disabled, and follows once enabled", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  server.clearRequests();
  const { result, rerender } = renderHook(({ enabled }) => useSandboxReadiness(id, { enabled }), {
    wrapper: Strict,
    initialProps: { enabled: false },
  });
  expect(result.current).toMatchObject({ phase: "idle", isFinal: false });
  rerender({ enabled: true });
  expect(result.current.phase).toBe("connecting");
  await waitFor(() => expect(result.current.isReady).toBe(true));
  expect(server.requests.length).toBe(1);
});

test("shows what others learn while disabled", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  render([<Phase key="passive" id={id} options={{ enabled: false }} />, <Phase key="active" id={id} />], { wrapper: Strict });
  await waitFor(() => expect(screen.getAllByText("ready")).toHaveLength(2));
});

test("asks nothing without an id", async () => {
  const { server, Strict } = await startMiosa();
  const { result } = renderHook(() => useSandboxReadiness(undefined), { wrapper: Strict });
  expect(result.current.phase).toBe("idle");
  expect(server.requests.length).toBe(0);
});

test("closes the old client's connections when the client is replaced, and goes on with the new one", async () => {
  const { server, client, queryClient } = await startMiosa({ faults: { neverReady: true } });
  const other = clientFor(server);
  const { id } = await client.sandboxes.create();
  const page = (current: typeof client): ReactElement => (
    <StrictMode>
      <MiosaProvider client={current} queryClient={queryClient}>
        <Phase id={id} />
      </MiosaProvider>
    </StrictMode>
  );
  const { rerender } = render(page(client));
  await screen.findByText("booting");
  rerender(page(other));
  expect(screen.getByText("connecting")).toBeDefined();
  await screen.findByText("booting");
  await waitFor(() => expect(server.connections().streams.readiness).toBe(1));
  expect(server.countRequests(stream)).toBe(2);
});

test("needs no connection for a sandbox that a prefetched probe found ready", async () => {
  const { server, client, queryClient, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  await client.sandboxes.waitUntilReady(id);
  await queryClient.prefetchQuery(sandboxQueries.readiness(client, id));
  server.clearRequests();
  const { result } = renderHook(() => useSandboxReadiness(id), { wrapper: Strict });
  expect(result.current).toMatchObject({ phase: "ready", isReady: true });
  expect(server.countRequests(probe) + server.countRequests(stream)).toBe(0);
});
