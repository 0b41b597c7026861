import { isOptimisticSandbox } from "@miosa/core";
import { act, renderHook, waitFor } from "@testing-library/react";
import { useEffect } from "react";
import { expect, test } from "vitest";
import { startMiosa, type TestMiosa } from "../test/startMiosa.js";
import { useCreateSandbox, type UseCreateSandboxOptions } from "./useCreateSandbox.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

/** A page with three lists, and the rows that the first of them showed in each commit. */
function renderPage({ Strict }: TestMiosa, options?: UseCreateSandboxOptions) {
  const commits: string[][] = [];
  const rendered = renderHook(
    () => {
      const all = useSandboxes();
      const names = all.data?.map((row) => `${row.name}${isOptimisticSandbox(row) ? "?" : ""}`);
      useEffect(() => {
        if (names !== undefined) commits.push(names);
      });
      return {
        all,
        dental: useSandboxes({ externalWorkspaceId: "dental-1" }),
        running: useSandboxes({ state: "running" }),
        create: useCreateSandbox(options),
      };
    },
    { wrapper: Strict },
  );
  return { ...rendered, commits };
}

async function untilListed(page: ReturnType<typeof renderPage>): Promise<void> {
  const { result } = page;
  await waitFor(() => expect([result.current.all, result.current.dental, result.current.running].every((list) => list.isSuccess)).toBe(true));
}

test("shows the new sandbox at once in the lists that match, and then the real one in its place", async () => {
  const miosa = await startMiosa({ faults: { slowAnswer: { delayMs: 1_200, routes: ["POST /computers"] }, neverReady: true } });
  await miosa.client.sandboxes.create({ name: "old" });
  const page = renderPage(miosa);
  await untilListed(page);
  const { result } = page;

  act(() => result.current.create.mutate({ name: "new", externalWorkspaceId: "dental-1" }));
  await waitFor(() => expect(result.current.all.data).toMatchObject([{ name: "new", state: "creating" }, { name: "old" }]));
  expect(result.current.all.data?.map(isOptimisticSandbox)).toEqual([true, false]);
  expect(result.current.dental.data).toHaveLength(1);
  expect(result.current.running.data).toEqual([]);

  await waitFor(() => expect(result.current.create.isSuccess).toBe(true));
  await waitFor(() => expect(result.current.all.data?.map(({ id }) => id)[0]).toBe(result.current.create.data?.id));
  expect(result.current.dental.data).toMatchObject([{ id: result.current.create.data?.id }]);
  expect([...new Set(page.commits.map((names) => names.join()))]).toEqual(["old", "new?,old", "new,old"]);
  expect(miosa.server.countRequests("GET /computers")).toBeLessThanOrEqual(6);
});

test("takes the row away again when creating failed, and tells the error", async () => {
  const miosa = await startMiosa();
  const page = renderPage(miosa);
  await untilListed(page);
  miosa.server.faults.set("serverError", { routes: ["POST /computers"], status: 503 });
  act(() => page.result.current.create.mutate({ name: "new" }));
  await waitFor(() => expect(page.result.current.create.error?.status).toBe(503));
  await waitFor(() => expect(page.result.current.all.data).toEqual([]));
  expect(miosa.server.sandboxes.count).toBe(0);
});

test("calls the caller's own callbacks on top of updating the lists", async () => {
  const miosa = await startMiosa({ faults: { neverReady: true } });
  const told: string[] = [];
  const page = renderPage(miosa, {
    mutation: { onMutate: () => void told.push("mutate"), onSuccess: ({ name }) => void told.push(`success ${name}`) },
  });
  await untilListed(page);
  await act(() => page.result.current.create.mutateAsync({ name: "new" }));
  expect(told).toEqual(["mutate", "success new"]);
  await waitFor(() => expect(page.result.current.all.data).toHaveLength(1));
});

test("creates without any attribute", async () => {
  const miosa = await startMiosa();
  const { result } = renderHook(() => useCreateSandbox(), { wrapper: miosa.Strict });
  act(() => result.current.mutate());
  await waitFor(() => expect(result.current.data?.templateType).toBe("miosa-sandbox"));
});

test("lists no computer that is not a sandbox", async () => {
  const miosa = await startMiosa();
  const page = renderPage(miosa);
  await untilListed(page);
  await act(() => page.result.current.create.mutateAsync({ name: "desktop", templateType: "miosa-desktop" }));
  expect(page.commits.every((names) => names.length === 0)).toBe(true);
});

test("the page of the new sandbox needs no request", async () => {
  const { server, Plain } = await startMiosa();
  const { result } = renderHook(() => useCreateSandbox(), { wrapper: Plain });
  const { id } = await act(() => result.current.mutateAsync({ name: "new" }));
  const page = renderHook(() => useSandbox(id, { query: { staleTime: 60_000 } }), { wrapper: Plain });
  expect(page.result.current.data?.name).toBe("new");
  expect(server.countRequests("GET /computers/:id")).toBe(0);
});

test("an optimistic row asks the server nothing", async () => {
  const { server, Strict } = await startMiosa();
  const { result } = renderHook(() => [useSandboxReadiness("optimistic:1").phase, useSandbox("optimistic:1").fetchStatus], {
    wrapper: Strict,
  });
  expect(result.current).toEqual(["idle", "idle"]);
  expect(server.requests.length).toBe(0);
});
