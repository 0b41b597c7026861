import { ApiError, NetworkError, ProtocolError, TimeoutError } from "@miosa/core";
import { expect, test } from "vitest";
import { describeProblem } from "./describeProblem.js";

const api = (status: number, code = "X", more: object = {}) => new ApiError("GET /computers failed", { code, status, ...more });

test.each([
  [api(401), "signedOut"],
  [api(502, "UPSTREAM_REFUSED"), "refused"],
  [api(403), "forbidden"],
  [api(404), "unknown"],
  [api(429), "busy"],
  [api(502, "UPSTREAM_UNREACHABLE"), "unreachable"],
  [api(503), "unreachable"],
  [api(422), "other"],
  [new TimeoutError("late", { code: "TIMEOUT" }), "late"],
  [new ProtocolError("odd", { code: "INVALID_RESPONSE" }), "other"],
  [new NetworkError("gone", { code: "NETWORK_ERROR" }), "unreachable"],
  [new Error("boom"), "other"],
  ["not even an error", "other"],
] as const)("%s is put into words", (error, kind) => {
  const problem = describeProblem(error, { online: true });
  expect(problem.kind).toBe(kind);
  expect(problem.title).not.toBe("");
  expect(problem.advice).not.toBe("");
});

test("a lost connection is the browser's own when the browser says so", () => {
  expect(describeProblem(new NetworkError("gone", { code: "NETWORK_ERROR" }), { online: false }).kind).toBe("offline");
});

test.each([new NetworkError("cut", { code: "STREAM_LOST" }), new ProtocolError("ended", { code: "STREAM_CLOSED" })])("%s: an answer that broke off is no server that does not answer", (error) => {
  for (const online of [true, false]) {
    expect(describeProblem(error, { online, subject: "command" })).toMatchObject({ kind: "broken", advice: expect.stringContaining("any part of its work") });
    expect(describeProblem(error, { online, subject: "file" })).toMatchObject({ kind: "broken", advice: expect.not.stringContaining("command") });
  }
});

test("only a rate limit makes the reader wait", () => {
  expect(describeProblem(api(429, "RATE_LIMITED", { retryAfterMs: 4000 }), { online: true }).waitMs).toBe(4000);
  expect(describeProblem(api(503, "BUSY", { retryAfterMs: 4000 }), { online: true }).waitMs).toBeNull();
});

test("another try is not offered where it cannot help", () => {
  expect([403, 404, 422].map((status) => describeProblem(api(status), { online: true }).canRetry)).toEqual([false, false, false]);
  expect([429, 500, 502].map((status) => describeProblem(api(status), { online: true }).canRetry)).toEqual([true, true, true]);
});

test("a sandbox that failed is explained in the server's words", () => {
  const failed = new ApiError("Sandbox s failed", { code: "SANDBOX_FAILED", details: { status: "error", reason: "The image has no shell" } });
  expect(describeProblem(failed, { online: true })).toMatchObject({ title: "The sandbox did not boot", advice: "The image has no shell" });
});

test("a 404 names what was looked for, and a file may come back", () => {
  expect(describeProblem(api(404), { online: true }).title).toBe("No sandbox has this id");
  expect(describeProblem(api(404), { subject: "file" })).toMatchObject({ title: "It is not there any more", canRetry: true });
});

test.each([new NetworkError("gone", { code: "NETWORK_ERROR" }), new TimeoutError("late", { code: "TIMEOUT" }), api(429), api(503)])(
  "%s: what someone did is not said to be tried again by itself",
  (error) => {
    for (const online of [true, false]) {
      expect(describeProblem(error, { online }).advice).toMatch(/by itself|keeps trying/);
      expect(describeProblem(error, { online, isAction: true }).advice).not.toMatch(/by itself|keeps trying/);
    }
  },
);
