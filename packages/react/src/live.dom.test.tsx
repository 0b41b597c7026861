import { createLiveFeed } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import { act, render, renderHook, screen, waitFor, within } from "@testing-library/react";
import { memo, type ReactElement, StrictMode, useState } from "react";
import { expect, onTestFinished, test } from "vitest";
import { clientFor, startMiosa, type TestMiosa } from "../test/startMiosa.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { useCreateSandbox } from "./useCreateSandbox.js";
import { useLiveFeedStatus } from "./useLiveFeedStatus.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";
import { useSandboxEvents } from "./useSandboxEvents.js";
import { useStartSandbox } from "./useStartSandbox.js";
import { useStopSandbox } from "./useStopSandbox.js";

const events = "GET /events/stream";

/** What a tab shows: names and states, newest first. */
function List(): ReactElement {
  const { data: rows } = useSandboxes();
  return <output>{rows === undefined ? "loading" : rows.map(({ name, state }) => `${name} ${state}`).join(", ") || "none"}</output>;
}

/** Another tab: a client and a query cache of its own. */
function Tab({ server, name }: { server: TestMiosa["server"]; name: string }): ReactElement {
  const [client] = useState(() => clientFor(server));
  const [queryClient] = useState(() => new QueryClient());
  return (
    <section aria-label={name}>
      <MiosaProvider client={client} queryClient={queryClient}>
        <List />
      </MiosaProvider>
    </section>
  );
}

test("a list gains, changes and loses sandboxes that are made elsewhere, over one connection in StrictMode", async () => {
  const { server, client, Strict } = await startMiosa();
  render(<List />, { wrapper: Strict });
  await screen.findByText("none");
  await waitFor(() => expect(server.connections().streams.events).toBe(1));
  const { id } = await client.sandboxes.create({ name: "new" });
  await screen.findByText("new running");
  await client.computers.stop(id);
  await screen.findByText("new stopped");
  await client.sandboxes.delete(id);
  await screen.findByText("none");
  expect(server.countRequests(events)).toBe(1);
});

test("two tabs show the same", async () => {
  const { server, client } = await startMiosa();
  render(
    <StrictMode>
      <Tab server={server} name="one" />
      <Tab server={server} name="two" />
    </StrictMode>,
  );
  const both = async (text: string): Promise<void> => {
    for (const name of ["one", "two"]) await within(screen.getByRole("region", { name })).findByText(text);
  };
  await both("none");
  const first = await client.sandboxes.create({ name: "a" });
  await both("a running");
  await client.sandboxes.create({ name: "b" });
  await both("b running, a running");
  await client.computers.stop(first.id);
  await both("b running, a stopped");
  await client.computers.start(first.id);
  await both("b running, a running");
  await client.sandboxes.delete(first.id);
  await both("b running");
});

test("opens no stream with `live: false`", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(() => [useSandboxes({}, { live: false }), useSandbox(id, { live: false })], { wrapper: Strict });
  await waitFor(() => expect(result.current.every(({ isSuccess }) => isSuccess)).toBe(true));
  expect(server.countRequests(events)).toBe(0);
});

test("opens no stream while the query is disabled or waits for an id", async () => {
  const { server, Strict } = await startMiosa();
  renderHook(() => [useSandboxes({}, { query: { enabled: false } }), useSandbox(undefined)], { wrapper: Strict });
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.requests.length).toBe(0);
});

test("asks again for a prefetched list only once it is stale", async () => {
  const { server, client, queryClient, Strict } = await startMiosa();
  await client.sandboxes.create({ name: "a" });
  server.clearRequests();
  const { result } = renderHook(() => [useSandboxes({}, { query: { staleTime: 60_000 } }), useLiveFeedStatus()] as const, { wrapper: Strict });
  await waitFor(() => expect(result.current[1].phase).toBe("open"));
  await waitFor(() => expect(result.current[0].isSuccess).toBe(true));
  expect(server.countRequests("GET /computers")).toBe(1);
  expect(queryClient.isFetching()).toBe(0);
});

test("a sandbox that this page creates has one row, whoever tells of it first", async () => {
  const { server, Strict } = await startMiosa();
  const { result } = renderHook(() => ({ list: useSandboxes(), create: useCreateSandbox(), feed: useLiveFeedStatus() }), { wrapper: Strict });
  await waitFor(() => expect(result.current.list.data).toEqual([]));
  await waitFor(() => expect(result.current.feed.phase).toBe("open"));
  const sizes = new Set<number | undefined>();
  for (let index = 1; index <= 10; index++) {
    act(() => result.current.create.mutate({ name: `n${index}` }));
    await waitFor(() => expect(result.current.list.data).toHaveLength(index));
    await waitFor(() => expect(result.current.create.data?.name).toBe(`n${index}`));
    sizes.add(result.current.list.data?.length);
  }
  expect([...sizes]).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
  await waitFor(() => expect(result.current.list.data?.every(({ state }) => state === "running")).toBe(true));
  expect(server.countRequests("POST /computers")).toBe(10);
});

test("stopping and starting shows at once, and then what became of it", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "a" });
  await client.sandboxes.waitUntilReady(id);
  const seen: (string | undefined)[] = [];
  const { result } = renderHook(
    () => {
      const state = useSandbox(id).data?.state;
      if (seen.at(-1) !== state) seen.push(state);
      return { state, rows: useSandboxes().data, start: useStartSandbox(), stop: useStopSandbox(), feed: useLiveFeedStatus() };
    },
    { wrapper: Strict },
  );
  await waitFor(() => expect(result.current).toMatchObject({ state: "running", feed: { phase: "open" } }));
  act(() => result.current.stop.mutate(id));
  await waitFor(() => expect(result.current).toMatchObject({ state: "stopped", rows: [{ state: "stopped" }] }));
  act(() => result.current.start.mutate(id));
  await waitFor(() => expect(result.current).toMatchObject({ state: "running", rows: [{ state: "running" }] }));
  expect(seen).toEqual(["running", "stopping", "stopped", "starting", "running"]);
});

test("a stop that is refused brings the old state back, and tells the error", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "a" });
  await client.sandboxes.waitUntilReady(id);
  const { result } = renderHook(() => ({ detail: useSandbox(id), stop: useStopSandbox() }), { wrapper: Strict });
  await waitFor(() => expect(result.current.detail.data?.state).toBe("running"));
  server.faults.set("serverError", { routes: ["POST /computers/:id/stop"], status: 500 });
  act(() => result.current.stop.mutate(id));
  await waitFor(() => expect(result.current.stop.error?.status).toBe(500));
  await waitFor(() => expect(result.current.detail.data?.state).toBe("running"));
});

test("useSandboxEvents gathers the events of one sandbox, the latest ones", async () => {
  const { client, Strict } = await startMiosa();
  const initialProps: { id: string | undefined } = { id: undefined };
  const { result, rerender } = renderHook(({ id }) => useSandboxEvents(id, { limit: 3 }), { wrapper: Strict, initialProps });
  expect(result.current).toEqual([]);
  const { id } = await client.sandboxes.create();
  const other = await client.sandboxes.create();
  await client.sandboxes.waitUntilReady(id);
  await client.sandboxes.waitUntilReady(other.id);
  const { result: feed } = renderHook(() => useLiveFeedStatus(), { wrapper: Strict });
  rerender({ id });
  await waitFor(() => expect(feed.current.phase).toBe("open"));
  await client.computers.stop(id);
  await waitFor(() => expect(result.current.map(({ type }) => type)).toEqual(["sandbox.paused"]));
  await client.computers.start(id);
  await waitFor(() => expect(result.current.map(({ type }) => type)).toEqual(["sandbox.paused", "sandbox.running", "sandbox.ready"]));
  await client.sandboxes.delete(id);
  await waitFor(() => expect(result.current.map(({ type }) => type)).toEqual(["sandbox.running", "sandbox.ready", "sandbox.destroyed"]));
  rerender({ id: other.id });
  expect(result.current).toEqual([]);
});

test("useLiveFeedStatus opens nothing, and follows the connection of others", async () => {
  const { server, Strict } = await startMiosa();
  function Badge({ withList }: { withList: boolean }): ReactElement {
    const { phase } = useLiveFeedStatus();
    return (
      <>
        <p>{phase}</p>
        {withList && <List />}
      </>
    );
  }
  const { rerender } = render(<Badge withList={false} />, { wrapper: Strict });
  expect(screen.getByText("idle")).toBeDefined();
  expect(server.requests.length).toBe(0);
  rerender(<Badge withList />);
  await screen.findByText("open");
  rerender(<Badge withList={false} />);
  await screen.findByText("idle");
});

test("a feed that lingers keeps its one connection from page to page, also where nothing is live in between, in StrictMode", async () => {
  const { server, client, queryClient } = await startMiosa();
  const feed = createLiveFeed(client, { lingerMs: 15_000 });
  onTestFinished(feed.close);
  const page = (name: "list" | "loading" | "another list"): ReactElement => (
    <StrictMode>
      <MiosaProvider client={client} liveFeed={feed} queryClient={queryClient}>
        {name === "list" && <List />}
        {name === "loading" && <p>loading</p>}
        {name === "another list" && <List key="another" />}
      </MiosaProvider>
    </StrictMode>
  );
  const { rerender } = render(page("list"));
  await waitFor(() => expect(feed.status().phase).toBe("open"));
  for (const name of ["another list", "loading", "list", "loading", "another list"] as const) {
    rerender(page(name));
    await new Promise((resolve) => setTimeout(resolve, 50)); // a page that loads
  }
  await client.sandboxes.create({ name: "new" });
  await screen.findByText("new running");
  expect(server.countRequests(events)).toBe(1);
});

test("one event renders the row it is about, and not the others", async () => {
  const { client, Plain } = await startMiosa();
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push((await client.sandboxes.create({ name: `n${index}` })).id);
  await Promise.all(ids.map((id) => client.sandboxes.waitUntilReady(id)));
  const renders: string[] = [];
  const Row = memo(function Row({ id }: { id: string }): ReactElement {
    const { data: row } = useSandboxes({}, { query: { select: (rows) => rows.find((candidate) => candidate.id === id) } });
    renders.push(id);
    return <li>{`${row?.name} ${row?.state}`}</li>;
  });
  const Rows = memo(function Rows(): ReactElement {
    const { data = [] } = useSandboxes({}, { query: { select: (rows) => rows.map(({ id }) => id) } });
    renders.push("list");
    return <ul>{data.map((id) => <Row key={id} id={id} />)}</ul>;
  });
  const { result } = renderHook(() => useLiveFeedStatus(), { wrapper: Plain });
  render(<Rows />, { wrapper: Plain });
  await waitFor(() => expect(screen.getAllByText(/running/)).toHaveLength(5));
  await waitFor(() => expect(result.current.phase).toBe("open"));
  const stopped = ids[2] ?? "";
  await client.sandboxes.list();
  renders.length = 0;
  await client.computers.stop(stopped);
  await screen.findByText("n2 stopped");
  expect(renders).toEqual([stopped]);
});
