import { afterEach, beforeEach, expect, type MockInstance, onTestFinished, test, vi } from "vitest";
import { call, createReady, exec } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

const sizeBytes = 32 * 1_048_576;

let printed: MockInstance<typeof console.error>;
beforeEach(() => void (printed = vi.spyOn(console, "error").mockImplementation(() => {})));
afterEach(() => printed.mockRestore());

/** A server with a sandbox that holds a file larger than all buffers on the way, and what the server reports. */
async function serve(): Promise<{ server: LocalServer; id: string; reported: unknown[] }> {
  const reported: unknown[] = [];
  const server = await createLocalServer({ driver: "bwrap", onError: (error) => void reported.push(error) });
  onTestFinished(() => server.close());
  const id = await createReady(server);
  await exec(server, id, `head -c ${sizeBytes} /dev/zero > large`);
  return { server, id, reported };
}

/** Begins to download, lets something happen, and tells how the rest went. */
async function downloadWhile(server: LocalServer, path: string, happens: () => Promise<unknown>): Promise<{ received: number; isZero: boolean; outcome: string }> {
  const response = await fetch(server.baseUrl + path, { headers: { authorization: `Bearer ${server.apiKey}` } });
  const body: ReadableStream<Uint8Array> | null = response.body;
  const reader = body?.getReader();
  let [received, isZero] = [0, true];
  async function take(): Promise<boolean> {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    received += value?.byteLength ?? 0;
    isZero &&= value?.every((byte) => byte === 0) ?? true;
    return !done;
  }
  await take();
  const happened = happens();
  try {
    while (await take()) continue;
    return { received, isZero, outcome: "whole" };
  } catch {
    return { received, isZero, outcome: "cut" };
  } finally {
    await happened;
  }
}

test("a download during which its server closes is cut, without a word in the file or in the log", async () => {
  const { server, id, reported } = await serve();
  const { received, isZero, outcome } = await downloadWhile(server, `/computers/${id}/files/download?path=large`, () => server.close());
  expect([outcome, isZero, received < sizeBytes]).toEqual(["cut", true, true]);
  expect([reported, printed.mock.calls]).toEqual([[], []]);
});

test("an archive during which its sandbox is destroyed is cut too, and so is not taken for the whole", async () => {
  const { server, id, reported } = await serve();
  await exec(server, id, `head -c ${sizeBytes} /dev/urandom > large`);
  const { outcome } = await downloadWhile(server, `/sandboxes/${id}/exports/download?path=/workspace`, () => call(server, "DELETE", `/sandboxes/${id}`));
  expect([outcome, reported, printed.mock.calls]).toEqual(["cut", [], []]);
});

test("what cannot be read from its first byte on is an error with its code", async () => {
  const { server, id } = await serve();
  await exec(server, id, "chmod 0 large");
  expect((await call(server, "GET", `/computers/${id}/files/download?path=large`)).status).toBe(403);
});

test("a streamed command whose sandbox's agent is ended says so in its last frame, and nothing is printed", async () => {
  const { server, id, reported } = await serve();
  const response = await fetch(`${server.baseUrl}/sandboxes/${id}/exec/stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ command: "echo here; kill -9 -1" }),
  });
  const text = await response.text();
  expect(text).toMatch(/event: error\ndata: .*"code":"(AGENT_UNAVAILABLE|NOT_RUNNING)"/);
  expect([reported, printed.mock.calls]).toEqual([[], []]);
});

test("a client that leaves a download is nothing to tell", async () => {
  const { server, id, reported } = await serve();
  const abort = new AbortController();
  const response = await fetch(`${server.baseUrl}/computers/${id}/files/download?path=large`, { headers: { authorization: `Bearer ${server.apiKey}` }, signal: abort.signal });
  expect(response.status).toBe(200);
  abort.abort();
  await server.close(); // by then all that was asked for is over
  expect([reported, printed.mock.calls]).toEqual([[], []]);
});
