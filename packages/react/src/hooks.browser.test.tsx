import { createMiosaClient } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import { memo, Profiler, type ReactElement, type ReactNode, StrictMode, useState } from "react";
import { expect, onTestFinished, test } from "vitest";
import { page } from "vitest/browser";
import { render } from "vitest-browser-react";
import { type RemoteLocalServer, startLocalServer } from "../../../test/localServer.js";
import {
  isOptimisticSandbox,
  MiosaProvider,
  useCreateSandbox,
  useDeleteSandbox,
  useSandbox,
  useSandboxes,
  useSandboxReadiness,
} from "./index.js";

/** Sandboxes really boot here: on a busy machine that takes longer than the default of a second. */

const streams = async (server: RemoteLocalServer): Promise<number> => {
  const { readiness, events } = (await server.connections()).streams;
  return readiness + events;
};

/** A client, and a provider in StrictMode with a query cache of its own. */
function providerFor(server: RemoteLocalServer) {
  const client = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  onTestFinished(() => queryClient.clear());
  function Provider({ children }: { children: ReactNode }): ReactElement {
    return (
      <StrictMode>
        <MiosaProvider client={client} queryClient={queryClient}>
          {children}
        </MiosaProvider>
      </StrictMode>
    );
  }
  return { client, Provider };
}

test("a visitor creates a sandbox, sees it become ready, and deletes it", async () => {
  await using server = await startLocalServer({ faults: { slowStart: { delayMs: 300 } } });
  const { Provider } = providerFor(server);

  function Row({ id, name }: { id: string; name: string | null }): ReactElement {
    const { phase } = useSandboxReadiness(id);
    const remove = useDeleteSandbox();
    return (
      <li>
        {name}: {phase} <button onClick={() => remove.mutate(id)}>Delete</button>
      </li>
    );
  }
  function App(): ReactElement {
    const { data: rows = [], isSuccess } = useSandboxes();
    const create = useCreateSandbox();
    return (
      <main>
        <button onClick={() => create.mutate({ name: "quick-exec" })}>Create</button>
        {isSuccess && rows.length === 0 && <p>No sandboxes</p>}
        <ul>
          {rows.map((row) => (isOptimisticSandbox(row) ? <li key={row.id}>{row.name}: new</li> : <Row key={row.id} {...row} />))}
        </ul>
      </main>
    );
  }

  const screen = await render(<App />, { wrapper: Provider });
  await expect.element(page.getByText("No sandboxes")).toBeVisible();
  await page.getByRole("button", { name: "Create" }).click();
  await expect.element(page.getByText("quick-exec: booting")).toBeVisible();
  await expect.element(page.getByText("quick-exec: ready")).toBeVisible();
  expect(await server.countRequests("GET /events/stream")).toBe(1);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect.element(page.getByText("No sandboxes")).toBeVisible();
  await expect.poll(async () => await server.sandboxCount()).toBe(0);
  await screen.unmount();
  await expect.poll(async () => await streams(server)).toBe(0);
});

test("thirty sandboxes become ready on one connection, and other requests do not wait for them", async () => {
  await using server = await startLocalServer({ faults: { slowStart: { delayMs: 1_500 } } });
  const { client, Provider } = providerFor(server);
  const ids: string[] = [];
  for (let index = 0; index < 30; index++) ids.push((await client.sandboxes.create()).id);

  const commits = new Map<string, number>();
  const count = (id: string): void => void commits.set(id, (commits.get(id) ?? 0) + 1);
  const Card = memo(function Card({ id }: { id: string }): ReactElement {
    return <li>{useSandboxReadiness(id).phase}</li>;
  });
  function Detail(): ReactElement {
    const { data } = useSandbox(ids[0]);
    return <p>detail {data?.name === undefined ? "pending" : "loaded"}</p>;
  }
  function App(): ReactElement {
    const [isShown, show] = useState(false);
    count("app");
    return (
      <main>
        <ul>
          {ids.map((id) => (
            <Profiler key={id} id={id} onRender={count}>
              <Card id={id} />
            </Profiler>
          ))}
        </ul>
        <button onClick={() => show(true)}>Show</button>
        {isShown && <Detail />}
      </main>
    );
  }

  const screen = await render(<App />, { wrapper: Provider });
  await expect.poll(async () => (await server.connections()).streams).toEqual({ readiness: 0, events: 1 });
  await page.getByRole("button", { name: "Show" }).click();
  await expect.element(page.getByText("detail loaded")).toBeVisible();
  expect(page.getByText("booting", { exact: true }).elements()).toHaveLength(30);
  commits.clear();
  await expect.poll(() => page.getByText("ready", { exact: true }).elements()).toHaveLength(30);
  expect(Object.fromEntries(commits)).toEqual(Object.fromEntries(ids.map((id) => [id, 1])));
  expect(await streams(server)).toBe(1);
  await screen.unmount();
  await expect.poll(async () => await streams(server)).toBe(0);
});
