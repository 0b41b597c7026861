import { getEventListeners } from "node:events";
import { createTransport, NetworkError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, forceGarbageCollection, rejection, startRawTransport } from "../../test/rawTransport.js";

const reason = { why: "the caller's own" };

test.each(["before the headers", "in the body"])("an abort %s rejects with the caller's reason and closes the connection, under garbage collection", async (place) => {
  using _ = forceGarbageCollection();
  const abort = new AbortController();
  await using raw = await startRawTransport((__, response) => {
    if (place === "in the body") response.writeHead(200, { "content-length": "100" }).write("{");
    setTimeout(() => abort.abort(reason), 60);
  });
  expect(await rejection(raw.get({ signal: abort.signal }))).toBe(reason);
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("an aborted stream closes its connection, under garbage collection", async () => {
  using _ = forceGarbageCollection();
  const abort = new AbortController();
  await using raw = await startRawTransport((__, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": hi\n\n");
  });
  const response = await raw.transport.open("GET /events/stream", { params: {}, signal: abort.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  setTimeout(() => abort.abort(reason), 60);
  expect(await rejection(reader?.read() ?? Promise.resolve())).toBe(reason);
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("a signal that is aborted already sends nothing", async () => {
  await using raw = await startRawTransport((_, response) => void response.end());
  expect(await rejection(raw.get({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(raw.server.requests).toHaveLength(0);
});

test("an abort is heard even by a fetch that ignores its signal", async () => {
  const transport = createTransport({ baseUrl: "http://127.0.0.1:1", fetch: () => new Promise(() => undefined) });
  const abort = new AbortController();
  const call = rejection(transport.call("GET /computers", { params: {}, options: { signal: abort.signal } }));
  abort.abort(reason);
  expect(await call).toBe(reason);
});

test("one long-lived signal gathers no listeners over many calls", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, {}));
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners += 1;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...given);
  };
  for (let call = 0; call < 50; call++) await raw.get({ signal });
  expect(listeners).toBe(0);
});

test.each([
  new TypeError("fetch failed"),
  new TypeError("Failed to fetch"),
  new TypeError("NetworkError when attempting to fetch resource."),
  new Error("Network connection lost."),
  new TypeError("ECONNREFUSED: Unable to connect. Is the computer able to access the url?"),
  Object.assign(new Error("error reading a body from connection"), { name: "Http" }),
])("whatever words a runtime has for a lost connection, it is a NetworkError and tried again: %s", async (cause) => {
  let tries = 0;
  const transport = createTransport({
    baseUrl: "http://127.0.0.1:1",
    retries: 1,
    fetch: async () => {
      tries += 1;
      throw cause;
    },
  });
  const error = await rejection(transport.call("GET /computers", { params: {} }));
  expect(error).toBeInstanceOf(NetworkError);
  expect(error).toMatchObject({ cause });
  expect(tries).toBe(2);
});

test("any number of calls share one signal: without a warning, each aborted by it, and no listener left", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const abort = new AbortController();
  await using raw = await startRawTransport((_, response) => {
    if (raw.server.requests.length <= 20) answerJson(response, 200, {});
  });
  const first = Array.from({ length: 20 }, () => raw.get({ signal: abort.signal }));
  await Promise.all(first);
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  const second = Array.from({ length: 20 }, () => rejection(raw.get({ signal: abort.signal })));
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  abort.abort(reason);
  expect(new Set(await Promise.all(second))).toEqual(new Set([reason]));
  await new Promise((resolve) => setImmediate(resolve)); // warnings come in a task of their own
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
