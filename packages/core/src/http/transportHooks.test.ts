import { createMiosaClient, MiosaError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

const mine = new Error("from my own telemetry");

function throwMine(): never {
  throw mine;
}

test("an error of the caller's own onResponse is told as it is, and nothing is sent again", async () => {
  const failures: unknown[] = [];
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, {}), {
    retries: 2,
    onResponse: throwMine,
    onError: (failure) => failures.push(failure),
  });
  expect(await rejection(raw.get())).toBe(mine);
  expect(raw.server.requests).toHaveLength(1);
  expect(failures).toEqual([]);
});

test.each([
  ["could be repeated", 503],
  ["would ask for a fresh token", 401],
])("an onResponse that throws an error which %s repeats nothing", async (_, status) => {
  const error = new MiosaError("from another call", { code: "X", status });
  Object.assign(error, { kind: "api" });
  await using raw = await startRawTransport((__, response) => answerJson(response, 200, {}), {
    retries: 2,
    token: () => "t",
    onResponse() {
      throw error;
    },
  });
  expect(await rejection(raw.get())).toBe(error);
  expect(raw.server.requests).toHaveLength(1);
});

test("an error of the caller's own onError is told as it is", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 503, {}), { retries: 2, onError: throwMine });
  expect(await rejection(raw.get())).toBe(mine);
  expect(raw.server.requests).toHaveLength(1);
});

test("a stream whose onResponse throws tells that error and closes its connection", async () => {
  await using raw = await startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n"), {
    onResponse: throwMine,
  });
  const client = createMiosaClient({ baseUrl: raw.server.url, onResponse: throwMine });
  expect(await rejection(client.events.stream().next())).toBe(mine);
  expect(await rejection(client.exec.stream("a", { command: "x" }).next())).toBe(mine);
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("a wait whose hooks throw fails at once, with that error as the cause", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, { ready: false }));
  const { sandboxes } = createMiosaClient({ baseUrl: raw.server.url, onResponse: throwMine });
  expect(await rejection(sandboxes.waitUntilReady("a"))).toMatchObject({ code: "HOOK_FAILED", cause: mine });
  expect(raw.server.requests).toHaveLength(1);
});

test("an onRequest that throws, or returns what no header can carry, sends nothing and names no value", async () => {
  for (const onRequest of [throwMine, () => ({ "x-a": "hush\nhush" })]) {
    const failures: unknown[] = [];
    await using raw = await startRawTransport((_, response) => void response.end(), { onRequest, onError: ({ error }) => failures.push(error) });
    const error = await rejection(raw.get());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: "GET /computers/:id could not be sent." });
    expect(failures).toEqual([error]);
    expect(raw.server.requests).toHaveLength(0);
  }
});
