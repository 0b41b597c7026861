import { QueryClient } from "@tanstack/react-query";
import { act, render, renderHook, screen, waitFor } from "@testing-library/react";
import type { ReactElement, ReactNode } from "react";
import { expect, test } from "vitest";
import { clientFor, startMiosa } from "../test/startMiosa.js";
import { MiosaProvider, useMiosaClient } from "./MiosaProvider.js";
import { sandboxKeys } from "./sandboxKeys.js";
import { useCreateSandbox } from "./useCreateSandbox.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";

/** Two customers of one platform, each with a key and a sandbox of their own. */
async function startTwoTenants() {
  const miosa = await startMiosa({ apiKeys: ["msk_u_alice", "msk_u_bob"] });
  const alice = clientFor(miosa.server, { apiKey: "msk_u_alice" });
  const bob = clientFor(miosa.server, { apiKey: "msk_u_bob" });
  const { id } = await alice.sandboxes.create({ name: "of alice" });
  await bob.sandboxes.create({ name: "of bob" });
  return { ...miosa, alice, bob, id };
}

test("gives its client", async () => {
  const { client, Strict } = await startMiosa();
  const { result } = renderHook(() => useMiosaClient(), { wrapper: Strict });
  expect(result.current).toBe(client);
});

test("a hook without a provider says what is missing", () => {
  expect(() => renderHook(() => useSandboxes())).toThrow("MiosaProvider");
});

test("works with a query client of its own", async () => {
  const { client } = await startMiosa();
  const queryClient = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }): ReactElement => (
    <MiosaProvider client={client} queryClient={queryClient}>
      {children}
    </MiosaProvider>
  );
  const { result } = renderHook(() => ({ list: useSandboxes(), create: useCreateSandbox() }), { wrapper });
  await waitFor(() => expect(result.current.list.data).toEqual([]));
  await act(() => result.current.create.mutateAsync({ name: "new" }));
  await waitFor(() => expect(result.current.list.data).toHaveLength(1));
});

test("shows nothing of the old client's sandboxes once the client was replaced", async () => {
  const { alice, bob, id, queryClient } = await startTwoTenants();
  function Page(): ReactElement {
    const list = useSandboxes();
    const detail = useSandbox(id);
    return <p>{`${list.data?.map(({ name }) => name).join()} / ${detail.data?.name ?? detail.error?.status}`}</p>;
  }
  const page = (client: typeof alice): ReactElement => (
    <MiosaProvider client={client} queryClient={queryClient}>
      <Page />
    </MiosaProvider>
  );
  const { rerender } = render(page(alice));
  await screen.findByText("of alice / of alice");
  rerender(page(bob));
  await waitFor(() => expect(screen.queryByText(/of alice/)).toBeNull());
  await screen.findByText("of bob / 404");
  expect(JSON.stringify(queryClient.getQueriesData({}))).not.toContain("of alice");
});

test("a create that was under way does not reach the next client's lists", async () => {
  const { server, alice, bob, queryClient } = await startTwoTenants();
  server.faults.set("slowAnswer", { delayMs: 1_200, routes: ["POST /computers"] });
  let current = alice;
  const wrapper = ({ children }: { children: ReactNode }): ReactElement => (
    <MiosaProvider client={current} queryClient={queryClient}>
      {children}
    </MiosaProvider>
  );
  const { result, rerender } = renderHook(() => ({ list: useSandboxes(), create: useCreateSandbox() }), { wrapper });
  await waitFor(() => expect(result.current.list.data).toHaveLength(1));
  const created = result.current.create.mutateAsync({ name: "late" });
  await waitFor(() => expect(result.current.list.data).toHaveLength(2));
  current = bob;
  rerender();
  await waitFor(() => expect(result.current.list.data?.map(({ name }) => name)).toEqual(["of bob"]));
  const { id } = await act(() => created);
  expect(queryClient.getQueryData(sandboxKeys.list())).toMatchObject([{ name: "of bob" }]);
  expect(queryClient.getQueryData(sandboxKeys.detail(id))).toBeUndefined();
});
