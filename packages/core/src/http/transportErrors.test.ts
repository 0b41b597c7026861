import { setTimeout as wait } from "node:timers/promises";
import { isApiError, isMiosaError, isNetworkError, isProtocolError, isRateLimited, isTimeoutError, type MiosaError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, rejection, startRawTransport } from "../../test/rawTransport.js";

async function errorFor(status: number, body: string, headers: Record<string, string> = {}): Promise<MiosaError> {
  await using raw = await startRawTransport((_, response) => void response.writeHead(status, headers).end(body));
  const error = await rejection(raw.get());
  if (!isMiosaError(error)) throw new Error("The error is not typed.");
  return error;
}

const bodies: [string, unknown, { code: string; says: string; details?: object }][] = [
  ["nested", { error: { code: "NOT_FOUND", message: "no such sandbox", details: { id: "x" }, request_id: "req_9" } }, { code: "NOT_FOUND", says: "no such sandbox", details: { id: "x" } }],
  ["flat with a code", { error: "Computer not running", code: "NOT_RUNNING" }, { code: "NOT_RUNNING", says: "Computer not running" }],
  ["a bare string", { error: "Unauthorized" }, { code: "UNKNOWN_ERROR", says: "Unauthorized" }],
  ["a constant with a detail", { error: "EMAIL_MISMATCH", detail: "for another address", details: { a: 1 } }, { code: "EMAIL_MISMATCH", says: "for another address", details: { a: 1 } }],
  ["message and code", { message: "Invalid params", code: "INVALID" }, { code: "INVALID", says: "Invalid params" }],
  ["detail alone", { detail: "nope" }, { code: "UNKNOWN_ERROR", says: "nope" }],
  ["reason alone", { reason: "because" }, { code: "UNKNOWN_ERROR", says: "because" }],
  ["a list of strings", { errors: ["first problem", "second"] }, { code: "UNKNOWN_ERROR", says: "first problem" }],
  ["a list of objects", { errors: [{ message: "bad name" }] }, { code: "UNKNOWN_ERROR", says: "bad name" }],
  ["a JSON string", "plain words", { code: "UNKNOWN_ERROR", says: "plain words" }],
];

test.each(bodies)("reads an error body that is %s", async (_, body, { code, says, details }) => {
  const error = await errorFor(409, JSON.stringify(body));
  expect(error).toMatchObject({ name: "ApiError", status: 409, code, sandboxId: "box-1", details: details ?? error.details });
  expect(error.message).toBe(`GET /computers/:id failed with 409: ${says}`);
});

test("reads plain text, an empty body and a proxy's page", async () => {
  expect((await errorFor(500, "  boom  ")).message).toContain("boom");
  expect((await errorFor(500, "")).message).toContain("HTTP 500");
  expect((await errorFor(502, "<!doctype html><title>Bad gateway</title>")).message).toContain("HTML page");
});

test("takes the request id from the header before the body's", async () => {
  const body = JSON.stringify({ error: { code: "X", message: "m", request_id: "from-body" } });
  expect((await errorFor(500, body, { "x-request-id": "from-header" })).requestId).toBe("from-header");
  expect((await errorFor(500, body)).requestId).toBe("from-body");
});

test.each([
  ["seconds", { "retry-after": "2" }, "{}", 2000],
  ["a date, by the server's own clock", { "retry-after": "Thu, 01 Jan 2015 00:00:05 GMT", date: "Thu, 01 Jan 2015 00:00:00 GMT" }, "{}", 5000],
  ["the body", {}, JSON.stringify({ message: "slow down", retry_after: 1.5 }), 1500],
  ["the nested body", {}, JSON.stringify({ error: { code: "c", message: "m", retry_after: 3 } }), 3000],
  ["a date in the past", { "retry-after": "Thu, 01 Jan 2015 00:00:00 GMT" }, "{}", 0],
  ["nonsense", { "retry-after": "soon" }, "{}", undefined],
])("reads how long to wait from %s", async (_, headers, body, retryAfterMs) => {
  const error = await errorFor(429, body, headers);
  expect(isRateLimited(error)).toBe(true);
  expect(error.retryAfterMs).toBe(retryAfterMs);
});

test("a long message is cut", async () => {
  expect((await errorFor(400, JSON.stringify({ message: "x".repeat(10_000) }))).message.length).toBeLessThan(600);
});

test("a 100 MiB error body is read for its first bytes only, and its connection closed", async () => {
  let sentBytes = 0;
  await using raw = await startRawTransport((_, response) => {
    response.writeHead(500, { "content-type": "text/plain" });
    const piece = Buffer.alloc(65_536, "x");
    const write = (): void => {
      while (sentBytes < 104_857_600 && !response.destroyed) {
        sentBytes += piece.length;
        if (!response.write(piece)) return void response.once("drain", write);
      }
      response.end();
    };
    write();
  });
  expect(isApiError(await rejection(raw.get()))).toBe(true);
  await expect.poll(() => raw.openRequests()).toBe(0);
  expect(sentBytes).toBeLessThan(20_000_000);
});

test("an error whose body is cut off half-way still tells its status", async () => {
  await using raw = await startRawTransport((_, response) => {
    response.writeHead(503, { "content-length": "1000" });
    response.write("half", () => response.destroy());
  });
  expect(await rejection(raw.get())).toMatchObject({ name: "ApiError", status: 503 });
});

test.each([
  ["an HTML page", "<!doctype html><p>hello"],
  ["cut-off JSON", '{"id": "box-'],
  ["no JSON at all", "OK"],
])("a 200 with %s is a ProtocolError", async (_, body) => {
  await using raw = await startRawTransport((__, response) => void response.end(body));
  const error = await rejection(raw.get());
  expect(isProtocolError(error)).toBe(true);
  expect(error).toMatchObject({ code: "INVALID_RESPONSE", sandboxId: "box-1" });
});

test("an empty 200 and a 204 are success without a value", async () => {
  await using raw = await startRawTransport((request, response) => void response.writeHead(request.url?.includes("204") ? 204 : 200).end());
  expect(await raw.get()).toBeUndefined();
  expect(await raw.transport.call("GET /computers/:id", { params: { id: "204" } })).toBeUndefined();
});

test.each([1, 2])("a server that never answers, or stops in its body, is a TimeoutError at the deadline (%s)", async (kind) => {
  await using raw = await startRawTransport((_, response) => {
    if (kind === 2) response.writeHead(200, { "content-length": "100" }).write("{");
  });
  const error = await rejection(raw.get({ timeoutMs: 60 }));
  expect(isTimeoutError(error)).toBe(true);
  expect(error).not.toHaveProperty("status");
  expect(error).toMatchObject({ code: "TIMEOUT", sandboxId: "box-1" });
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("a refused connection, one cut before the headers and one cut in the body are NetworkErrors", async () => {
  const closed = await startRawTransport(() => undefined);
  await closed.server.close();
  expect(isNetworkError(await rejection(closed.get()))).toBe(true);
  for (const early of [true, false]) {
    await using raw = await startRawTransport((_, response) => {
      if (early) response.destroy();
      else response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
    });
    expect(await rejection(raw.get())).toMatchObject({ name: "NetworkError", code: "NETWORK_ERROR", sandboxId: "box-1" });
  }
});

test("no error names the credential, the query or the body", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 422, { error: "no" }), { apiKey: "msk_u_secret" });
  const error = await rejection(
    raw.transport.call("POST /computers/:id/exec", { params: { id: "b" }, query: { q: "hush" }, body: { command: "whisper" } }),
  );
  const shown = JSON.stringify([error, String(error), isMiosaError(error) && error.stack]);
  for (const secret of ["msk_u_secret", "hush", "whisper"]) expect(shown).not.toContain(secret);
});

test("a header that no request can carry is an INVALID_ARGUMENT before any request", async () => {
  await using raw = await startRawTransport((_, response) => void response.end());
  expect(await rejection(raw.get({ headers: { "x-a": "line\nbreak" } }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(raw.server.requests).toHaveLength(0);
});

test("a slow answer within the deadline is fine", async () => {
  await using raw = await startRawTransport(async (_, response) => {
    await wait(30);
    answerJson(response, 200, { id: "a" });
  });
  expect(await raw.get({ timeoutMs: 30_000 })).toEqual({ id: "a" });
});

test("an answer that is no JSON still tells its status and request id, for support", async () => {
  await using raw = await startRawTransport((_, response) => void response.writeHead(200, { "x-request-id": "req_7" }).end("<html>"));
  expect(await rejection(raw.get())).toMatchObject({ name: "ProtocolError", status: 200, requestId: "req_7" });
});
