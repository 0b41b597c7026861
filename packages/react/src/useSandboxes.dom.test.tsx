import { render, renderHook, screen, waitFor } from "@testing-library/react";
import { memo, Profiler, type ReactElement } from "react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { useSandboxes } from "./useSandboxes.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

test("lists the sandboxes that match the filter, newest first", async () => {
  const { client, Strict } = await startMiosa();
  await client.sandboxes.create({ name: "one", externalWorkspaceId: "dental-1" });
  await client.sandboxes.create({ name: "two", externalWorkspaceId: "dental-2" });
  await client.sandboxes.create({ name: "three", externalWorkspaceId: "dental-1" });
  const { result } = renderHook(() => useSandboxes({ externalWorkspaceId: "dental-1" }), { wrapper: Strict });
  await waitFor(() => expect(result.current.data?.map(({ name }) => name)).toEqual(["three", "one"]));
});

test("shares one request between filters that mean the same", async () => {
  const { server, Plain } = await startMiosa();
  const { result } = renderHook(
    () => [
      useSandboxes({ state: ["running", "creating"] }, { live: false }),
      useSandboxes({ state: ["creating", "running", "running"], externalUserId: undefined }, { live: false }),
    ],
    { wrapper: Plain },
  );
  await waitFor(() => expect(result.current.every(({ isSuccess }) => isSuccess)).toBe(true));
  expect(server.countRequests("GET /computers")).toBe(1);
});

test.each([
  ["stopped", "network"],
  ["unauthorized", "api"],
])("shows the error when the server is %s", async (how, kind) => {
  const { server, Plain } = await startMiosa();
  if (how === "stopped") await server.close();
  else server.faults.set("unauthorized", true);
  const { result } = renderHook(() => useSandboxes(), { wrapper: Plain });
  await waitFor(() => expect(result.current.error?.kind).toBe(kind));
});

test("lists that are not live gain and lose a sandbox that is watched when it becomes ready, without a refetch", async () => {
  const { server, client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const { result } = renderHook(
    () => {
      useSandboxReadiness(id);
      const options = { live: false };
      return { booting: useSandboxes({ state: "creating" }, options).data, running: useSandboxes({ state: "running" }, options).data };
    },
    { wrapper: Plain },
  );
  await waitFor(() => expect(result.current).toMatchObject({ booting: [{ id }], running: [] }));
  await waitFor(() => expect(result.current).toMatchObject({ booting: [], running: [{ id, state: "running" }] }));
  expect(server.countRequests("GET /computers")).toBe(2);
});

test("one sandbox that becomes ready renders its own components and nothing else", async () => {
  const { server, client, Plain } = await startMiosa({ faults: { neverReady: { times: 2 } } });
  const stuck = [await client.sandboxes.create(), await client.sandboxes.create()];
  await waitFor(() => expect(server.faults.active()).not.toContain("neverReady"));
  server.faults.set("slowStart", { delayMs: 1_200 });
  const { id: booting } = await client.sandboxes.create();

  const commits = new Map<string, number>();
  const count = (id: string): void => void commits.set(id, (commits.get(id) ?? 0) + 1);
  const Card = memo(function Card({ id }: { id: string }): ReactElement {
    const { phase } = useSandboxReadiness(id);
    const { data: state } = useSandboxes({}, { query: { select: (rows) => rows.find((row) => row.id === id)?.state } });
    return <li>{`${phase} ${state}`}</li>;
  });
  const List = memo(function List(): ReactElement {
    const { data: ids = [] } = useSandboxes({}, { query: { select: (rows) => rows.map((row) => row.id) } });
    count("list itself");
    return (
      <ul>
        {ids.map((id) => (
          <Profiler key={id} id={id} onRender={count}>
            <Card id={id} />
          </Profiler>
        ))}
      </ul>
    );
  });

  render(<List />, { wrapper: Plain });
  await waitFor(() => expect(screen.getAllByText("booting creating")).toHaveLength(3));
  commits.clear();
  await screen.findByText("ready running");
  expect([...commits.keys()]).toEqual([booting]);
  expect(screen.getAllByText("booting creating")).toHaveLength(stuck.length);
});
