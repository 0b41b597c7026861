import { renderHook, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { useElapsedMs } from "./useElapsedMs.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

test("counts while the wait goes on and stops at its final figure", async () => {
  const { client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const seen: number[] = [];
  const { result } = renderHook(
    () => {
      const readiness = useSandboxReadiness(id);
      const elapsedMs = useElapsedMs(readiness, { intervalMs: 20 });
      if (!readiness.isFinal) seen.push(elapsedMs);
      return { readiness, elapsedMs };
    },
    { wrapper: Plain },
  );
  expect(result.current.elapsedMs).toBe(0);
  await waitFor(() => expect(result.current.readiness.isReady).toBe(true));
  expect(result.current.elapsedMs).toBe(result.current.readiness.elapsedMs);
  expect(new Set(seen).size).toBeGreaterThan(4);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

test("a wait that nobody counts renders only when its phase changes", async () => {
  const { client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const phases: string[] = [];
  const { result } = renderHook(
    () => {
      const readiness = useSandboxReadiness(id);
      phases.push(readiness.phase);
      return readiness;
    },
    { wrapper: Plain },
  );
  await waitFor(() => expect(result.current.isReady).toBe(true));
  expect(phases.length).toBeLessThanOrEqual(4);
  expect([...new Set(phases)]).toEqual(["connecting", "booting", "ready"]);
});
