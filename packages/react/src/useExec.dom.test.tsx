import type { ServerResponse } from "node:http";
import { createMiosaClient, type MiosaClient, type Output } from "@miosa/core";
import { startRawServer } from "@miosa/local/testing";
import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, renderHook, type RenderHookResult, waitFor } from "@testing-library/react";
import { type ReactElement, type ReactNode, StrictMode } from "react";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../../test/waitUntil.js";
import { startMiosa } from "../test/startMiosa.js";
import { MiosaProvider } from "./MiosaProvider.js";
import { useExec, type UseExecOptions, type UseExecResult } from "./useExec.js";

/** A command's output stream, which the test writes. */
interface OpenCommand {
  url: string;
  isOpen: () => boolean;
  print: (line: string, type?: "stdout" | "stderr") => void;
  exit: (code: number) => void;
  cut: () => void;
}

/** The hook over a server whose commands do what the test says, in StrictMode. */
async function renderExec(options?: UseExecOptions): Promise<
  RenderHookResult<UseExecResult, { id: string }> & { nextCommand: () => Promise<OpenCommand>; client: MiosaClient }
> {
  const started: OpenCommand[] = [];
  const server = await startRawServer((request, response: ServerResponse) => {
    let isOpen = true;
    response.once("close", () => (isOpen = false));
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const send = (type: string, data: object): void => void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    started.push({
      url: request.url ?? "",
      isOpen: () => isOpen,
      print: (line, type = "stdout") => send(type, { line }),
      exit: (code) => send("exit", { exit_code: code }),
      cut: () => response.destroy(),
    });
  });
  const client = createMiosaClient({ apiKey: "msk_u_test", baseUrl: server.url, retries: 0, dangerouslyAllowApiKeyInBrowser: true });
  const queryClient = new QueryClient();
  onTestFinished(async () => {
    cleanup();
    queryClient.clear();
    await server.close();
  });
  const wrapper = ({ children }: { children: ReactNode }): ReactElement => (
    <StrictMode>
      <MiosaProvider client={client} queryClient={queryClient}>
        {children}
      </MiosaProvider>
    </StrictMode>
  );
  const hook = renderHook(({ id }: { id: string }) => useExec(id, options), { wrapper, initialProps: { id: "sbx" } });
  return { ...hook, client, nextCommand: () => waitUntil(() => started.shift()) };
}

const text = ({ lines }: Output): string => lines.map(({ line }) => line).join(" ");

test("runs a real command, with output, errors and exit code", async () => {
  const { client, Strict } = await startMiosa();
  const { id } = await client.sandboxes.create();
  await client.sandboxes.waitUntilReady(id);
  const { result } = renderHook(() => useExec(id), { wrapper: Strict });
  expect(result.current).toMatchObject({ status: "idle", output: { lines: [], droppedLines: 0 } });
  act(() => result.current.mutate({ command: "echo hi; echo oops >&2; exit 3" }));
  await waitFor(() => expect(result.current.data?.exitCode).toBe(3));
  expect(result.current.status).toBe("success");
  expect(result.current.output.lines).toHaveLength(2);
  expect(result.current.output.lines).toEqual(
    expect.arrayContaining([
      { type: "stdout", line: "hi" },
      { type: "stderr", line: "oops" },
    ]),
  );
});

test("shows output as it comes", async () => {
  const { result, nextCommand } = await renderExec();
  act(() => result.current.mutate({ command: "slow" }));
  const command = await nextCommand();
  expect(command.url).toBe("/sandboxes/sbx/exec/stream");
  command.print("one");
  await waitFor(() => expect(text(result.current.output)).toBe("one"));
  expect(result.current.isPending).toBe(true);
  command.print("two", "stderr");
  await waitFor(() => expect(text(result.current.output)).toBe("one two"));
  command.exit(0);
  await waitFor(() => expect(result.current.data).toMatchObject({ exitCode: 0, droppedLines: 0 }));
  expect(result.current.output.lines.map(({ type }) => type)).toEqual(["stdout", "stderr"]);
});

test("keeps the last lines only, and says how many are missing", async () => {
  const { result, nextCommand } = await renderExec({ maxLines: 2 });
  act(() => result.current.mutate({ command: "many" }));
  const command = await nextCommand();
  for (const line of ["1", "2", "3", "4", "5"]) command.print(line);
  command.exit(0);
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(result.current.data).toMatchObject({ lines: [{ line: "4" }, { line: "5" }], droppedLines: 3, exitCode: 0 });
  expect(text(result.current.output)).toBe("4 5");
});

test("renders once a frame however much is printed", async () => {
  const { result, nextCommand } = await renderExec();
  let renders = 0;
  const seen = new Set<Output>();
  act(() => result.current.mutate({ command: "many" }));
  const command = await nextCommand();
  const startedAtMs = performance.now();
  for (let number = 0; number < 5_000; number++) command.print(String(number));
  command.exit(0);
  await waitUntil(() => {
    if (!seen.has(result.current.output)) renders += 1;
    seen.add(result.current.output);
    return result.current.isSuccess;
  });
  expect(text(result.current.output)).toMatch(/ 4999$/);
  expect(renders).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAtMs) / 15) + 3);
});

test("cancel ends the command and closes its connection", async () => {
  const { result, nextCommand } = await renderExec();
  act(() => result.current.mutate({ command: "endless" }));
  const command = await nextCommand();
  command.print("one");
  await waitFor(() => expect(text(result.current.output)).toBe("one"));
  act(() => result.current.cancel());
  await waitFor(() => expect(result.current.data).toMatchObject({ exitCode: null, lines: [{ line: "one" }] }));
  expect(result.current.error).toBeNull();
  await waitUntil(() => !command.isOpen());
});

test("running another command cancels the first, whose output does not come back", async () => {
  const { result, nextCommand } = await renderExec();
  act(() => result.current.mutate({ command: "first" }));
  const first = await nextCommand();
  first.print("from the first");
  await waitFor(() => expect(text(result.current.output)).toBe("from the first"));
  act(() => result.current.mutate({ command: "second" }));
  const second = await nextCommand();
  expect(text(result.current.output)).toBe("");
  await waitUntil(() => !first.isOpen());
  second.print("from the second");
  await waitFor(() => expect(text(result.current.output)).toBe("from the second"));
  second.exit(1);
  await waitFor(() => expect(result.current.data?.exitCode).toBe(1));
  expect(text(result.current.output)).toBe("from the second");
});

test("leaving the page ends the command", async () => {
  const { result, nextCommand, unmount } = await renderExec();
  act(() => result.current.mutate({ command: "endless" }));
  const command = await nextCommand();
  unmount();
  await waitUntil(() => !command.isOpen());
});

test("another id ends the command and shows nothing of it", async () => {
  const { result, nextCommand, rerender } = await renderExec();
  act(() => result.current.mutate({ command: "endless" }));
  const command = await nextCommand();
  command.print("of the old one");
  await waitFor(() => expect(text(result.current.output)).toBe("of the old one"));
  rerender({ id: "other" });
  expect(text(result.current.output)).toBe("");
  await waitFor(() => expect(result.current.status).toBe("idle"));
  await waitUntil(() => !command.isOpen());
  act(() => result.current.mutate({ command: "next" }));
  expect((await nextCommand()).url).toBe("/sandboxes/other/exec/stream");
});

test("a connection that is cut is an error, and never exit 0", async () => {
  const { result, nextCommand } = await renderExec();
  act(() => result.current.mutate({ command: "cut" }));
  const command = await nextCommand();
  command.print("so far");
  await waitFor(() => expect(text(result.current.output)).toBe("so far"));
  command.cut();
  await waitFor(() => expect(result.current.error?.code).toBe("STREAM_LOST"));
  expect(result.current.data).toBeUndefined();
  expect(text(result.current.output)).toBe("so far");
});
