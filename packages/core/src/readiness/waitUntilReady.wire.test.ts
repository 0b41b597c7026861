import { expectNoConnections } from "@miosa/local/testing";
import { describe, expect, test } from "vitest";
import { booting, cut, cutStream, endedStream, html, ready, startReadinessServer, status, stream } from "../../test/startReadinessServer.js";

describe("frames of the readiness stream", () => {
  const saysReady: Record<string, readonly string[]> = {
    "a ready frame after a keepalive": [': keepalive\n\nevent: ready\ndata: {"ready_at":"2026-06-01T10:00:01Z"}\n\n'],
    "a ready frame without a space after the colon": ["event:ready\ndata:{}\n\n"],
    "a ready frame with CRLF line ends": ["event: ready\r\ndata: {}\r\n\r\n"],
    "a ready frame with CR line ends": ["event: ready\rdata: {}\r\r"],
    "a ready frame whose event name is split over two chunks": ["event: re", "ady\ndata: {}\n\n"],
    "a ready frame that comes byte by byte": "event: ready\r\ndata: {}\r\n\r\n".split(""),
    "a ready frame without data": ["event: ready\n\n"],
    "a ready frame with data that is no JSON": ["event: ready\ndata: now\n\n"],
    "a ready frame whose data comes first": ["data: {}\nevent: ready\n\n"],
    "a ready frame with a byte order mark before it": ["\uFEFFevent: ready\ndata: {}\n\n"],
    "a ready frame after frames of other names": ["event: progress\ndata: {}\n\nevent: readyish\ndata: {}\n\n", "event: ready\ndata: {}\n\n"],
  };

  test.each(Object.entries(saysReady))("%s makes the wait true, without a poll", async (_, pieces) => {
    await using server = await startReadinessServer({ stream: [stream(...pieces)], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 0]);
    await expectNoConnections(server);
  });

  const saysNothing: Record<string, readonly string[]> = {
    "an event of a longer name": ["event: readyish\ndata: {}\n\n"],
    "an event of another case": ["event: Ready\ndata: {}\n\n"],
    "an event of a name with a space after it": ["event: ready \ndata: {}\n\n"],
    "a field of data that looks like the event": ["data: event: ready\n\n"],
    "a comment that looks like the event": [": event: ready\n\n"],
    "a field of another name": ["xevent: ready\ndata: {}\n\n"],
    "a ready frame that is reset by an empty name": ["event: ready\nevent:\ndata: {}\n\n"],
    "a message without a name": ['data: {"ready":true,"status":"ready"}\n\n'],
    "a frame that the end of the stream cuts short": ["event: ready\ndata: {}\n"],
  };

  test.each(Object.entries(saysNothing))("%s does not count as ready: a poll decides", async (_, pieces) => {
    await using server = await startReadinessServer({ stream: [endedStream(...pieces)], poll: [ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 1]);
  });

  test("a timeout frame makes the wait false at once, without a poll, even with time left", async () => {
    await using server = await startReadinessServer({ stream: [stream('event: timeout\ndata: {"reason":"not_ready_after_30s"}\n\n')], poll: [ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 600_000 })).toBe(false);
    expect([server.streams, server.polls]).toEqual([1, 0]);
  });

  test("a timeout frame without data makes the wait false too", async () => {
    await using server = await startReadinessServer({ stream: [stream("event: timeout\n\n")], poll: [ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(false);
  });

  test.each([
    ["sandbox.error", '{"error":"out of memory"}', "SANDBOX_FAILED", /out of memory/],
    ["sandbox.error", "", "SANDBOX_FAILED", /sb_1 failed to start/],
    ["sandbox.destroyed", '{"reason":"evicted"}', "SANDBOX_DESTROYED", /evicted/],
  ])("a %s frame with data %j rejects the wait at once, with the sandbox's id", async (event, data, code, message) => {
    const frame = `event: ${event}\n${data && `data: ${data}\n`}\n`;
    await using server = await startReadinessServer({ stream: [stream(frame)], poll: [booting] });
    const wait = server.client.sandboxes.waitUntilReady("sb_1");
    await expect(wait).rejects.toMatchObject({ kind: "api", code, sandboxId: "sb_1", message: expect.stringMatching(message) });
    expect(server.polls).toBe(0);
    await expectNoConnections(server);
  });
});

describe("a stream that is no help", () => {
  test.each([404, 405, 406, 501])("a stream refused with %i is asked once, then polls decide", async (code) => {
    await using server = await startReadinessServer({ stream: [status(code)], poll: [booting, booting, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 3]);
  });

  test("a stream whose answer is HTML is asked once, then polls decide", async () => {
    await using server = await startReadinessServer({ stream: [html], poll: [booting, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 2]);
  });

  test.each([
    ["that ends at once", endedStream()],
    ["that ends after a keepalive", endedStream(": keepalive\n\n")],
    ["that is cut after its headers", cutStream()],
    ["that is cut within a ready frame", cutStream("event: ready\nda")],
    ["whose connection is cut without an answer", cut],
    ["that fails with 500", status(500)],
    ["that fails with 503", status(503)],
  ])("after a stream %s the wait polls", async (_, answer) => {
    await using server = await startReadinessServer({ stream: [answer], poll: [ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 1]);
  });

  test("a stream with an endless line is left, then polls decide", async () => {
    await using server = await startReadinessServer({ stream: [stream(...Array<string>(20).fill("x".repeat(65_536)))], poll: [booting, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect([server.streams, server.polls]).toEqual([1, 2]);
    await expectNoConnections(server);
  });
});

describe("answers that no patience changes", () => {
  test.each([400, 401, 402, 403, 422])("a stream refused with %i rejects the wait at once, without a poll", async (code) => {
    await using server = await startReadinessServer({ stream: [status(code)], poll: [ready] });
    await expect(server.client.sandboxes.waitUntilReady("sb_1")).rejects.toMatchObject({ kind: "api", status: code, code: "SAID_SO" });
    expect([server.streams, server.polls]).toEqual([1, 0]);
  });

  test.each([400, 401, 402, 403, 404, 422])("a poll refused with %i rejects the wait at once", async (code) => {
    await using server = await startReadinessServer({ stream: [status(404)], poll: [status(code)] });
    await expect(server.client.sandboxes.waitUntilReady("sb_1")).rejects.toMatchObject({ kind: "api", status: code });
    expect([server.streams, server.polls]).toEqual([1, 1]);
  });

  test("a gateway whose own key is refused rejects the wait at once: no patience of the browser's mends that", async () => {
    await using server = await startReadinessServer({ stream: [status(502, { code: "UPSTREAM_REFUSED" })], poll: [ready] });
    await expect(server.client.sandboxes.waitUntilReady("sb_1")).rejects.toMatchObject({ status: 502, code: "UPSTREAM_REFUSED" });
    expect([server.streams, server.polls]).toEqual([1, 0]);
  });

  test.each([
    ["error", "SANDBOX_FAILED"],
    ["failed", "SANDBOX_FAILED"],
    ["destroyed", "SANDBOX_DESTROYED"],
  ])("a poll that says the sandbox is %s rejects the wait at once, with its id and the server's reason", async (said, code) => {
    const answer = status(200, { data: { ready: false, status: said, error: "no space left" } });
    await using server = await startReadinessServer({ poll: [booting, answer] });
    const wait = server.client.sandboxes.waitUntilReady("sb_1", { stream: false });
    await expect(wait).rejects.toMatchObject({ code, sandboxId: "sb_1", message: expect.stringMatching(/no space left/) });
    expect(server.polls).toBe(2);
  });
});

describe("answers of the readiness route", () => {
  test.each([
    ["a bare body that is ready", { ready: true }, true],
    ["a body under data", { data: { ready: true } }, true],
    ["a status of ready alone", { status: "ready" }, true],
    ["a running state", { status: "running", state: "running" }, false],
    ["a ready that is only truthy", { ready: "yes", status: "booting" }, false],
    ["an empty object", {}, false],
  ])("%s is taken as ready: %s", async (_, body, isReady) => {
    await using server = await startReadinessServer({ poll: [status(200, body)] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { stream: false, timeoutMs: isReady ? 30_000 : 60 })).toBe(isReady);
    expect(server.streams).toBe(0);
  });

  test("polls that fail are tried again until one says ready", async () => {
    await using server = await startReadinessServer({ poll: [status(500), cut, html, status(503), ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { stream: false })).toBe(true);
    expect(server.polls).toBe(5);
  });
});
