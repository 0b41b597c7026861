import { expect, test } from "vitest";
import { call, createReady, createSandbox } from "../test/callServer.js";
import { followStream } from "../test/followStream.js";
import { createLocalServer } from "./index.js";
import { expectNoConnections } from "./testing.js";

const timesOf = (text: string): number => text.split("event:").length - 1;

test("noStream answers the readiness stream with 404 while the readiness itself works", async () => {
  await using server = await createLocalServer({ faults: { noStream: true } });
  const id = await createSandbox(server);
  expect((await call(server, "GET", `/sandboxes/${id}/readiness/stream`)).status).toBe(404);
  expect((await call(server, "GET", `/sandboxes/${id}/readiness`)).status).toBe(200);
  await using events = await followStream(server, "/events/stream");
  expect(events.response.status).toBe(200);
});

test("noStream can be told to strike the event stream instead", async () => {
  await using server = await createLocalServer({ faults: { noStream: { routes: ["GET /events/stream"] } } });
  expect((await call(server, "GET", "/events/stream")).status).toBe(404);
  await createReady(server);
});

test("dropStream cuts the connection after the headers, or ends it in good order when clean", async () => {
  await using server = await createLocalServer({ faults: { dropStream: { times: 1 } } });
  const id = await createSandbox(server);
  await expect(call(server, "GET", `/sandboxes/${id}/readiness/stream`)).rejects.toThrow("terminated");
  server.faults.set("dropStream", { clean: true });
  expect(await call(server, "GET", `/sandboxes/${id}/readiness/stream`)).toMatchObject({ status: 200, text: "" });
  await expectNoConnections(server);
});

test("stallStream sends the headers and then nothing, and counts as an open stream until the client leaves", async () => {
  await using server = await createLocalServer({ faults: { stallStream: true }, keepaliveMs: 5 });
  const id = await createSandbox(server);
  {
    await using stream = await followStream(server, `/sandboxes/${id}/readiness/stream`);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    await expect(stream.until(":", 60)).rejects.toThrow();
    expect(server.connections().streams.readiness).toBe(1);
  }
  await expectNoConnections(server);
});

test("timeoutStream answers with the timeout frame at once", async () => {
  await using server = await createLocalServer({ faults: { timeoutStream: true } });
  const id = await createSandbox(server);
  expect((await call(server, "GET", `/sandboxes/${id}/readiness/stream`)).text).toContain("event: timeout\n");
});

test("rateLimited answers 429 with Retry-After as often as it is told, then is gone", async () => {
  await using server = await createLocalServer();
  server.faults.set("rateLimited", { retryAfterSec: 1, times: 2 });
  for (const status of [429, 429, 200]) expect((await call(server, "GET", "/computers")).status).toBe(status);
  server.faults.set("rateLimited", { retryAfterSec: 1, times: 1 });
  const { headers, body } = await call(server, "GET", "/computers");
  expect([headers.get("retry-after"), body["code"], body["retry_after"]]).toEqual(["1", "rate_limit_exceeded", 1]);
  expect(server.faults.active()).toEqual([]);
});

test("a fault with routes strikes these alone and its times count there alone", async () => {
  await using server = await createLocalServer({ faults: { unauthorized: { routes: ["/computers/:id"], times: 1 } } });
  expect((await call(server, "GET", "/computers")).status).toBe(200);
  expect((await call(server, "GET", "/computers/x")).status).toBe(401);
  expect((await call(server, "GET", "/computers/x")).status).toBe(404);
});

test("unauthorized and serverError answer anything until they are cleared", async () => {
  await using server = await createLocalServer({ faults: { unauthorized: true, serverError: { status: 503 } } });
  expect((await call(server, "GET", "/computers")).status).toBe(401);
  server.faults.clear("unauthorized");
  expect((await call(server, "GET", "/computers")).status).toBe(503);
  server.faults.set("serverError", true);
  expect((await call(server, "GET", "/computers")).status).toBe(500);
  server.faults.clear();
  expect((await call(server, "GET", "/computers")).status).toBe(200);
});

test("cutConnection cuts without an answer, and the server goes on", async () => {
  const errors: unknown[] = [];
  await using server = await createLocalServer({ faults: { cutConnection: { times: 1 } }, onError: (error) => void errors.push(error) });
  await expect(call(server, "GET", "/computers")).rejects.toThrow("fetch failed");
  expect((await call(server, "GET", "/computers")).status).toBe(200);
  expect(errors).toEqual([]);
});

test("noAnswer keeps a request waiting until its client leaves", async () => {
  await using server = await createLocalServer({ faults: { noAnswer: true } });
  const abort = new AbortController();
  const waiting = call(server, "GET", "/computers", { signal: abort.signal });
  await expect.poll(() => server.requests.length).toBe(1);
  expect(server.requests[0]).not.toHaveProperty("status");
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect.poll(() => server.requests[0]?.status).toBe(499);
});

test("a server closes while requests wait for an answer that never comes", async () => {
  const server = await createLocalServer({ faults: { noAnswer: true } });
  const waiting = call(server, "GET", "/computers").then(({ status }) => status, () => "cut");
  await expect.poll(() => server.requests.length).toBe(1);
  await server.close();
  expect([502, "cut"]).toContain(await waiting);
});

test("slowStart and slowAnswer hold things up without changing them", async () => {
  await using server = await createLocalServer({ faults: { slowStart: { delayMs: 60 }, slowAnswer: { delayMs: 20, times: 1 } } });
  const id = await createSandbox(server);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect([text.includes("event: ready\n"), timesOf(text)]).toEqual([true, 1]);
});
