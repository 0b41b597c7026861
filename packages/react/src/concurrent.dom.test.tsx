import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type ReactElement, startTransition, useLayoutEffect, useRef, useState } from "react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { useLiveFeedStatus } from "./useLiveFeedStatus.js";
import { useSandbox } from "./useSandbox.js";
import { useSandboxes } from "./useSandboxes.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";

/** Work that makes a render long enough for React to interrupt it. */
function spin(ms: number): void {
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs);
}

test("components never show two states of one sandbox at once, however a render is interrupted", async () => {
  const { client, Plain } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  const torn: string[] = [];

  function Slow(): ReactElement {
    const { phase } = useSandboxReadiness(id);
    spin(4);
    return <i className="phase">{phase}</i>;
  }
  function Page(): ReactElement {
    const [round, setRound] = useState(0);
    const root = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
      const shown = new Set(Array.from(root.current?.querySelectorAll(".phase") ?? [], ({ textContent }) => textContent));
      if (shown.size > 1) torn.push(Array.from(shown).join());
    });
    return (
      <div ref={root}>
        <button onClick={() => startTransition(() => setRound(round + 1))}>{`round ${round}`}</button>
        {Array.from({ length: 20 }, (_, index) => (
          <Slow key={`${round} ${index}`} />
        ))}
      </div>
    );
  }

  render(<Page />, { wrapper: Plain });
  while (screen.queryAllByText("ready").length === 0) {
    fireEvent.click(screen.getByRole("button"));
    await act(() => new Promise((resolve) => setTimeout(resolve, 10)));
  }
  await waitFor(() => expect(screen.getAllByText("ready")).toHaveLength(20));
  expect(torn).toEqual([]);
});

test("list and detail agree at every commit while events come", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "a" });
  await client.sandboxes.waitUntilReady(id);
  const shown: string[] = [];
  function Page(): ReactElement {
    const detail = useSandbox(id).data?.state;
    const row = useSandboxes().data?.find((candidate) => candidate.id === id)?.state;
    const { phase } = useLiveFeedStatus();
    useLayoutEffect(() => {
      if (detail !== undefined && row !== undefined) shown.push(`${detail}=${row}`);
    });
    return <p>{`${phase} ${detail} ${row}`}</p>;
  }
  render(<Page />, { wrapper: Strict });
  await screen.findByText("open running running");
  await client.computers.stop(id);
  await screen.findByText("open stopped stopped");
  await client.computers.start(id);
  await screen.findByText("open running running");
  expect(shown.filter((pair) => new Set(pair.split("=")).size > 1)).toEqual([]);
});
