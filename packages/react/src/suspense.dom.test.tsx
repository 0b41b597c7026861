import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { Component, type ReactElement, type ReactNode, startTransition, Suspense, useLayoutEffect, useState } from "react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { SandboxReady } from "./SandboxReady.js";
import { useSandboxReadiness } from "./useSandboxReadiness.js";
import { useSuspenseSandbox } from "./useSuspenseSandbox.js";

class Boundary extends Component<{ children: ReactNode; onReset?: () => void }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const reset = (): void => {
      this.props.onReset?.();
      this.setState({ error: null });
    };
    return <button onClick={reset}>{`${error.name}: ${error.message}`}</button>;
  }
}

function Name({ id }: { id: string }): ReactElement {
  return <p>{`name ${useSuspenseSandbox(id).data.name}`}</p>;
}

test("suspends until the sandbox is there, and then shows it", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "a" });
  render(
    <Suspense fallback={<p>loading</p>}>
      <Name id={id} />
    </Suspense>,
    { wrapper: Strict },
  );
  expect(screen.getByText("loading")).toBeDefined();
  await screen.findByText("name a");
  expect(server.countRequests("GET /computers/:id")).toBe(1);
});

test("throws to the error boundary when the sandbox cannot be had, and asks again after a reset", async () => {
  const { server, client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create({ name: "a" });
  server.faults.set("serverError", { routes: ["GET /computers/:id"], status: 503 });
  render(
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <Boundary onReset={reset}>
          <Suspense fallback={<p>loading</p>}>
            <Name id={id} />
          </Suspense>
        </Boundary>
      )}
    </QueryErrorResetBoundary>,
    { wrapper: Strict },
  );
  const button = await screen.findByRole("button", { name: /503/ });
  server.faults.clear();
  fireEvent.click(button);
  await screen.findByText("name a");
});

test("a transition to another sandbox keeps the old one on the page until the new one is there", async () => {
  const { client, Strict } = await startMiosa();
  const [first, second] = [await client.sandboxes.create({ name: "first" }), await client.sandboxes.create({ name: "second" })];
  const fallbacks: string[] = [];
  function Loading(): ReactElement {
    useLayoutEffect(() => void fallbacks.push("shown"));
    return <p>loading</p>;
  }
  function Page(): ReactElement {
    const [id, setId] = useState(first.id);
    return (
      <>
        <button onClick={() => startTransition(() => setId(second.id))}>go</button>
        <Suspense fallback={<Loading />}>
          <Name id={id} />
        </Suspense>
      </>
    );
  }
  render(<Page />, { wrapper: Strict });
  await screen.findByText("name first");
  fallbacks.length = 0;
  fireEvent.click(screen.getByRole("button", { name: "go" }));
  expect(screen.getByText("name first")).toBeDefined();
  await screen.findByText("name second");
  expect(fallbacks).toEqual([]);
});

/** Shows `terminal` once the sandbox is ready, and `booting` until then. */
function Terminal({ id, timeoutMs }: { id: string; timeoutMs?: number }): ReactElement {
  return (
    <Suspense fallback={<p>booting</p>}>
      <SandboxReady sandboxId={id} timeoutMs={timeoutMs}>
        <p>terminal</p>
      </SandboxReady>
    </Suspense>
  );
}

test("SandboxReady shows its children once the sandbox is ready, over one connection in StrictMode", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  render(<Terminal id={id} />, { wrapper: Strict });
  expect(screen.getByText("booting")).toBeDefined();
  await screen.findByText("terminal");
  expect(screen.queryByText("booting")).toBeNull();
  expect(server.countRequests("GET /sandboxes/:id/readiness/stream")).toBe(1);
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
});

test("SandboxReady goes on suspending past the moments when React looks again", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 2_500 } } });
  const { id } = await client.sandboxes.create();
  render(<Terminal id={id} />, { wrapper: Strict });
  await screen.findByText("terminal");
  expect(server.countRequests("GET /sandboxes/:id/readiness/stream")).toBe(1);
});

test("SandboxReady leaves no connection when the page is left while it suspends", async () => {
  const { server, client, Strict } = await startMiosa({ faults: { neverReady: true } });
  const { id } = await client.sandboxes.create();
  const { unmount } = render(<Terminal id={id} />, { wrapper: Strict });
  await waitFor(() => expect(server.connections().streams.readiness).toBe(1));
  unmount();
  await waitFor(() => expect(server.connections().streams.readiness).toBe(0));
});

test("SandboxReady throws to the error boundary after the deadline, and a retry starts over", async () => {
  const { client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 3_000 } } }); // late by half of each deadline
  const { id } = await client.sandboxes.create();
  function Retry(): ReactElement {
    return <button onClick={useSandboxReadiness(id, { enabled: false }).retry}>keep waiting</button>;
  }
  render(
    <>
      <Retry />
      <Boundary>
        <Terminal id={id} timeoutMs={2_000} />
      </Boundary>
    </>,
    { wrapper: Strict },
  );
  const reset = await screen.findByRole("button", { name: /TimeoutError/ });
  fireEvent.click(screen.getByRole("button", { name: "keep waiting" }));
  fireEvent.click(reset);
  await screen.findByText("terminal");
});

test("SandboxReady throws the server's reason when the boot failed", async () => {
  const { client, Strict } = await startMiosa({ faults: { bootFails: { reason: "no image" } } });
  const { id } = await client.sandboxes.create();
  render(
    <Boundary>
      <Terminal id={id} />
    </Boundary>,
    { wrapper: Strict },
  );
  await screen.findByRole("button", { name: /no image/ });
});
