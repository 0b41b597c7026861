import { expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer } from "../index.js";
import { expectNoConnections } from "../testing.js";

test("readiness stands under data, booting first and ready with its time afterwards", async () => {
  await using server = await createLocalServer({ faults: { slowStart: { delayMs: 100 } } });
  const id = await createSandbox(server);
  const before = await call(server, "GET", `/sandboxes/${id}/readiness`);
  expect(before.body).toEqual({ data: { sandbox_id: id, ready: false, status: "booting", ready_at: null } });
  await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  const after = await call(server, "GET", `/sandboxes/${id}/readiness`);
  expect(after.body).toMatchObject({ data: { sandbox_id: id, ready: true, status: "ready", ready_at: expect.stringMatching(/Z$/) } });
});

test("the stream flushes a comment right after its headers and sends ready when the sandbox has booted", async () => {
  await using server = await createLocalServer({ faults: { slowStart: { delayMs: 150 } } });
  const id = await createSandbox(server);
  await using stream = await followStream(server, `/sandboxes/${id}/readiness/stream`);
  expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
  expect(stream.response.headers.get("cache-control")).toBe("no-cache");
  expect(stream.response.headers.get("x-accel-buffering")).toBe("no");
  await stream.until(": keepalive\n\n");
  expect(stream.text()).not.toContain("event:");
  expect(await stream.ended()).toMatch(/^: keepalive\n\nevent: ready\ndata: \{"ready_at":"[^"]+Z"\}\n\n$/);
});

test("the stream says ready at once when the sandbox is ready already", async () => {
  await using server = await createLocalServer();
  const id = await createReady(server);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect(text).toMatch(/^: keepalive\n\nevent: ready\ndata: /);
});

test("the stream sends keepalives while it waits and gives up with a timeout frame", async () => {
  await using server = await createLocalServer({ faults: { neverReady: true }, keepaliveMs: 20, readinessStreamTimeoutMs: 200 });
  const id = await createSandbox(server);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect(text.match(/: keepalive\n\n/g)?.length).toBeGreaterThan(2);
  expect(text.endsWith('event: timeout\ndata: {"reason":"not_ready_after_0.2s"}\n\n')).toBe(true);
  await expectNoConnections(server);
});

test("the stream of an unknown sandbox is a 404 with a JSON body", async () => {
  await using server = await createLocalServer();
  const { status, body } = await call(server, "GET", "/sandboxes/unknown/readiness/stream");
  expect([status, body["code"]]).toEqual([404, "NOT_FOUND"]);
});

test("a sandbox whose boot fails ends the stream without a frame and tells its reason", async () => {
  await using server = await createLocalServer({ faults: { slowStart: { delayMs: 80 }, bootFails: { reason: "no disk left" } } });
  const id = await createSandbox(server);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect(text).toBe(": keepalive\n\n");
  expect((await call(server, "GET", `/sandboxes/${id}/readiness`)).body).toMatchObject({
    data: { ready: false, status: "error", reason: "no disk left", ready_at: null },
  });
  expect((await call(server, "GET", `/computers/${id}`)).body).toMatchObject({ status: "error", status_reason: "no disk left" });
});

test("a sandbox whose boot failed can be started again", async () => {
  await using server = await createLocalServer({ faults: { bootFails: { reason: "once", times: 1 } } });
  const id = await createSandbox(server);
  await expect.poll(async () => (await call(server, "GET", `/computers/${id}`)).body["status"]).toBe("error");
  await call(server, "POST", `/computers/${id}/start`);
  expect((await call(server, "GET", `/sandboxes/${id}/readiness/stream`)).text).toContain("event: ready\n");
  expect((await call(server, "GET", `/computers/${id}`)).body).not.toHaveProperty("status_reason");
});

test("destroying a sandbox ends its waiting streams without a frame, and its readiness is a 404 then", async () => {
  await using server = await createLocalServer({ faults: { neverReady: true } });
  const id = await createSandbox(server);
  await using stream = await followStream(server, `/sandboxes/${id}/readiness/stream`);
  await stream.until("keepalive");
  await call(server, "DELETE", `/computers/${id}`);
  expect(await stream.ended()).toBe(": keepalive\n\n");
  expect((await call(server, "GET", `/sandboxes/${id}/readiness`)).status).toBe(404);
});

test("a client that leaves the stream leaves nothing open", async () => {
  await using server = await createLocalServer({ faults: { neverReady: true } });
  const id = await createSandbox(server);
  {
    await using stream = await followStream(server, `/sandboxes/${id}/readiness/stream`);
    await stream.until("keepalive");
    expect(server.connections().streams.readiness).toBe(1);
  }
  await expectNoConnections(server);
});
