import { act, renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { startMiosa, type TestMiosa } from "../test/startMiosa.js";
import { useDeleteSandbox } from "./useDeleteSandbox.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";

const route = "DELETE /computers/:id";

async function renderPage({ client, Strict }: TestMiosa) {
  await client.sandboxes.create({ name: "first" });
  const { id } = await client.sandboxes.create({ name: "second" });
  await client.sandboxes.create({ name: "third" });
  const { result } = renderHook(
    () => {
      const list = useSandboxes();
      return { names: list.data?.map(({ name }) => name), detail: useSandbox(id), remove: useDeleteSandbox() };
    },
    { wrapper: Strict },
  );
  await waitFor(() => expect(result.current.names).toEqual(["third", "second", "first"]));
  await waitFor(() => expect(result.current.detail.isSuccess).toBe(true));
  return { id, result };
}

test("takes the sandbox off the list at once, and for good", async () => {
  const miosa = await startMiosa({ faults: { slowAnswer: { delayMs: 1_200, routes: [route] } } });
  const { id, result } = await renderPage(miosa);
  act(() => result.current.remove.mutate(id));
  await waitFor(() => expect(result.current.names).toEqual(["third", "first"]));
  expect(result.current.remove.isPending).toBe(true);
  expect(result.current.detail.data?.state).toBe("destroying");
  await waitFor(() => expect(result.current.remove.isSuccess).toBe(true));
  await waitFor(() => expect(result.current.detail.data?.state).toBe("destroyed"));
  expect(result.current.names).toEqual(["third", "first"]);
  expect(miosa.server.sandboxes.count).toBe(2);
});

test("puts the sandbox back where it was when deleting failed, and tells the error", async () => {
  const miosa = await startMiosa();
  const { id, result } = await renderPage(miosa);
  const before = result.current.detail.data;
  miosa.server.faults.set("serverError", { routes: [route], status: 500 });
  act(() => result.current.remove.mutate(id));
  await waitFor(() => expect(result.current.remove.error?.status).toBe(500));
  await waitFor(() => expect(result.current.names).toEqual(["third", "second", "first"]));
  expect(result.current.detail.data).toEqual({ ...before, state: expect.stringMatching(/creating|running/), status: expect.anything(), updatedAt: expect.anything() });
});

test("leaves a sandbox off the list that was gone already, and tells the 404", async () => {
  const miosa = await startMiosa();
  const { id, result } = await renderPage(miosa);
  await miosa.client.sandboxes.delete(id);
  act(() => result.current.remove.mutate(id));
  await waitFor(() => expect(result.current.remove.isIdle || result.current.remove.isPending).toBe(false));
  await waitFor(() => expect(result.current.names).toEqual(["third", "first"]));
});
