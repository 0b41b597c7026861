import { createMiosaClient } from "@miosa/core";
import { QueryClient } from "@tanstack/react-query";
import { Profiler, type ReactElement, StrictMode, useState } from "react";
import { expect, onTestFinished, test, vi } from "vitest";
import { page } from "vitest/browser";
import { render } from "vitest-browser-react";
import { startLocalServer } from "../../../test/localServer.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { useExec } from "./useExec.js";

const lineCount = 1_000_000;

test("a command that prints a million lines leaves the page usable, and ends with the right tail and exit code", { timeout: 120_000 }, async () => {
  await using server = await startLocalServer();
  const client = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  onTestFinished(() => queryClient.clear());
  const { id } = await client.sandboxes.create();
  expect(await client.sandboxes.waitUntilReady(id)).toBe(true);

  let commits = 0;
  function Terminal(): ReactElement {
    const [clicks, setClicks] = useState(0);
    const { mutate, isPending, data, output } = useExec(id);
    return (
      <main>
        <button onClick={() => mutate({ command: `seq 1 ${lineCount}; exit 7`, timeoutSec: 90 })}>Run</button>
        <button onClick={() => setClicks(clicks + 1)}>Click</button>
        <p>{`${clicks} clicks`}</p>
        <p>{isPending ? "running" : `exit ${data?.exitCode ?? "none"}`}</p>
        <p>{`${output.droppedLines} dropped`}</p>
        <pre style={{ height: 200, overflow: "auto" }}>{output.lines.map(({ line }) => line).join("\n")}</pre>
      </main>
    );
  }

  const screen = await render(
    <StrictMode>
      <MiosaProvider client={client} queryClient={queryClient}>
        <Profiler id="terminal" onRender={() => void commits++}>
          <Terminal />
        </Profiler>
      </MiosaProvider>
    </StrictMode>,
  );
  let frames = 0;
  let isOver = false;
  const countFrame = (): void => {
    frames += 1;
    if (!isOver) requestAnimationFrame(countFrame);
  };
  onTestFinished(() => void (isOver = true));
  await page.getByRole("button", { name: "Run" }).click();
  await expect.element(page.getByText("running")).toBeVisible();
  countFrame();
  commits = 0;
  const isRunning = (): boolean => page.getByText("running").elements().length === 1;
  let clicksMeanwhile = 0;
  for (let clicks = 1; isRunning() && clicks <= 5; clicks++) {
    await page.getByRole("button", { name: "Click" }).click();
    await expect.element(page.getByText(`${clicks} clicks`)).toBeVisible();
    if (isRunning()) clicksMeanwhile = clicks;
  }
  expect(clicksMeanwhile).toBeGreaterThan(0);
  await vi.waitFor(() => expect(page.getByText("exit 7").elements()).toHaveLength(1), { timeout: 90_000 });
  expect(commits).toBeLessThanOrEqual(frames + 10); // a click is a commit of its own
  await expect.element(page.getByText(`${lineCount - 1_000} dropped`)).toBeVisible();
  const tail = document.querySelector("pre")?.textContent?.split("\n") ?? [];
  expect(tail).toHaveLength(1_000);
  expect(tail[0]).toBe(String(lineCount - 999));
  expect(tail.at(-1)).toBe(String(lineCount));
  await screen.unmount();
});
