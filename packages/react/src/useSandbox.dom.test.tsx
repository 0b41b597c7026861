import { renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { sandboxQueries } from "./sandboxQueries.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

const get = "GET /computers/:id";

test("gives the sandbox", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "quick-exec" });
  const { result } = renderHook(() => useSandbox(id), { wrapper: Strict });
  expect(result.current).toMatchObject({ status: "pending", data: undefined });
  await waitFor(() => expect(result.current.data?.name).toBe("quick-exec"));
});

test("gives what `select` picks", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "quick-exec" });
  const { result } = renderHook(() => useSandbox(id, { query: { select: (sandbox) => sandbox.name } }), { wrapper: Strict });
  await waitFor(() => expect(result.current.data).toBe("quick-exec"));
});

test("asks nothing without an id", async () => {
  const { server, Strict } = await startMiosa();
  const { result } = renderHook(() => useSandbox(undefined), { wrapper: Strict });
  expect(result.current).toMatchObject({ status: "pending", fetchStatus: "idle" });
  expect(server.requests.length).toBe(0);
});

test("shows a 404 for an unknown id after a single request", async () => {
  const { server, Plain } = await startMiosa();
  const { result } = renderHook(() => useSandbox("no-such-sandbox"), { wrapper: Plain });
  await waitFor(() => expect(result.current.error?.status).toBe(404));
  expect(server.countRequests(get)).toBe(1);
});

test("shows a 401 for a wrong key after a single request", async () => {
  const { server, Plain } = await startMiosa({ client: { apiKey: "msk_u_wrong" } });
  const { result } = renderHook(() => useSandbox("some-id"), { wrapper: Plain });
  await waitFor(() => expect(result.current.error?.status).toBe(401));
  expect(server.countRequests(get)).toBe(1);
});

test("shows a network error when the server is stopped", async () => {
  const { server, Plain } = await startMiosa();
  await server.close();
  const { result } = renderHook(() => useSandbox("some-id"), { wrapper: Plain });
  await waitFor(() => expect(result.current.error?.kind).toBe("network"));
});

test("cuts its request when the page is left", async () => {
  const { server, Plain } = await startMiosa({ faults: { noAnswer: true } });
  const { unmount } = renderHook(() => useSandbox("some-id"), { wrapper: Plain });
  await waitFor(() => expect(server.countRequests(get)).toBe(1));
  unmount();
  await waitFor(() => expect(server.requests.at(-1)?.status).toBe(499)); // the server's word for a caller that left
});

test("turns to running without a refetch when the sandbox becomes ready", async () => {
  const { server, client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => ({ sandbox: useSandbox(id), readiness: useSandboxReadiness(id) }), { wrapper: Plain });
  await waitFor(() => expect(result.current.sandbox.data?.state).toBe("creating"));
  await waitFor(() => expect(result.current.readiness.isReady).toBe(true));
  await waitFor(() => expect(result.current.sandbox.data).toMatchObject({ state: "running", status: "running" }));
  expect(server.countRequests(get)).toBe(1);
});

test("turns to error without a refetch when the boot fails", async () => {
  const { server, client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 }, bootFails: { reason: "out of disk" } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => ({ sandbox: useSandbox(id), readiness: useSandboxReadiness(id) }), { wrapper: Plain });
  await waitFor(() => expect(result.current.sandbox.data?.state).toBe("creating"));
  await waitFor(() => expect(result.current.sandbox.data?.state).toBe("error"));
  expect(server.countRequests(get)).toBe(1);
});

test("shows at once what a list has of it, and asks for no more than is stale", async () => {
  const { server, client, queryClient, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "quick-exec" });
  await queryClient.fetchQuery(sandboxQueries.list(client));
  const { result } = renderHook(() => useSandbox(id, { query: { staleTime: 60_000 } }), { wrapper: Strict });
  expect(result.current.data).toMatchObject({ id, name: "quick-exec" });
  await waitFor(() => expect(result.current.data?.state).toBe("running"));
  expect(server.countRequests("GET /computers/:id")).toBe(0);
});
