import { renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { useFile } from "./useFile.js";
import { useFiles } from "./useFiles.js";
import { useUsage } from "./useUsage.js";

async function startReady() {
  const miosa = await startMiosa();
  const { id } = await miosa.client.sandboxes.create({ externalWorkspaceId: "dental-1" });
  expect(await miosa.client.sandboxes.waitUntilReady(id)).toBe(true);
  return { ...miosa, id };
}

test("tells that a file is not there", async () => {
  const { id, Strict } = await startReady();
  const { result } = renderHook(() => useFile(id, "missing.txt"), { wrapper: Strict });
  await waitFor(() => expect(result.current.error?.status).toBe(404));
});

test("waits for an id and a path", async () => {
  const { server, Strict } = await startMiosa();
  const { result } = renderHook(() => [useFiles(undefined), useFile(undefined, "a"), useFile("id", undefined)], { wrapper: Strict });
  expect(result.current.map(({ fetchStatus }) => fetchStatus)).toEqual(["idle", "idle", "idle"]);
  expect(server.requests.length).toBe(0);
});

test("shows what each customer used", async () => {
  const { Strict } = await startReady();
  const { result } = renderHook(() => useUsage({ groupBy: "externalWorkspaceId", period: "7d" }), { wrapper: Strict });
  await waitFor(() => expect(result.current.data?.rows.map(({ key }) => key)).toEqual(["dental-1"]));
});
