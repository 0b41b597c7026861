import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { createMiosaClient, createTransport, isNetworkError, isTimeoutError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, type RawTransport, rejection, startRawTransport } from "../../test/rawTransport.js";

const soon = { "retry-after": "0" };

test.each([408, 429, 500, 502, 503, 504])("a GET is tried again after %s, up to the limit", async (status) => {
  await using raw = await startRawTransport((_, response) => answerJson(response, status, {}, soon), { retries: 2 });
  expect(await rejection(raw.get())).toMatchObject({ status });
  expect(raw.server.requests).toHaveLength(3);
});

test.each([400, 401, 402, 403, 404, 409, 413, 422, 501])("nothing is tried again after %s", async (status) => {
  await using raw = await startRawTransport((_, response) => answerJson(response, status, {}, soon), { retries: 2 });
  expect(await rejection(raw.get())).toMatchObject({ status });
  expect(raw.server.requests).toHaveLength(1);
});

test("a GET succeeds on a later try, also after a connection that was cut in the body", async () => {
  let tries = 0;
  await using raw = await startRawTransport((_, response) => {
    tries += 1;
    if (tries === 1) response.writeHead(200, { "content-length": "9" }).write("{", () => response.destroy());
    else if (tries === 2) response.destroy();
    else answerJson(response, 200, { id: "a" });
  }, { retries: 2 });
  expect(await raw.get()).toEqual({ id: "a" });
});

test("a POST without a key is sent once, whatever happens", async () => {
  await using raw = await startRawTransport((_, response) => void response.destroy(), { retries: 5 });
  expect(isNetworkError(await rejection(raw.transport.call("POST /computers/:id/exec", { params: { id: "a" }, body: {} })))).toBe(true);
  expect(raw.server.requests).toHaveLength(1);
});

test("a POST with a key is tried again with the same key", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 503, {}, soon), { retries: 2 });
  await rejection(raw.transport.call("POST /computers", { params: {}, body: {}, idempotencyKey: "one-key" }));
  expect(raw.server.requests.map(({ headers }) => headers["idempotency-key"])).toEqual(["one-key", "one-key", "one-key"]);
});

const deleteOne = (raw: RawTransport): Promise<unknown> => raw.transport.call("DELETE /computers/:id", { params: { id: "a" } });

test.each([
  ["was lost", (response: ServerResponse) => void response.destroy()],
  ["was a proxy's 504", (response: ServerResponse) => answerJson(response, 504, {}, soon)],
])("a delete whose first answer %s is done when the next one is a 404", async (_, answerFirst) => {
  let tries = 0;
  await using raw = await startRawTransport((__, response) => {
    tries += 1;
    if (tries === 1) answerFirst(response);
    else answerJson(response, 404, { error: "NOT_FOUND" });
  }, { retries: 2 });
  expect(await deleteOne(raw)).toBeUndefined();
  expect(raw.server.requests).toHaveLength(2);
});

test("a delete of what is not there is a 404 where no earlier try can have been carried out", async () => {
  for (const status of [404, 429, 401]) {
    let tries = 0;
    await using raw = await startRawTransport((_, response) => {
      tries += 1;
      answerJson(response, tries === 1 ? status : 404, {}, soon);
    }, { retries: 2, token: () => "t" });
    expect(await rejection(deleteOne(raw))).toMatchObject({ status: 404 });
  }
});

test("only a delete takes a 404 after a lost answer for success", async () => {
  let tries = 0;
  await using raw = await startRawTransport((_, response) => {
    tries += 1;
    if (tries === 1) response.destroy();
    else answerJson(response, 404, {});
  }, { retries: 2 });
  expect(await rejection(raw.get())).toMatchObject({ status: 404 });
});

test("retry: false sends even a GET once", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 503, {}, soon), { retries: 5 });
  await rejection(raw.transport.call("GET /computers/:id", { params: { id: "a" }, retry: false }));
  expect(raw.server.requests).toHaveLength(1);
});

test("a retry that could only come after the deadline is not waited for: the server's own reason is told at once", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 503, {}, { "retry-after": "20" }), { retries: 5 });
  expect(await rejection(raw.get({ timeoutMs: 60 }))).toMatchObject({ kind: "api", status: 503 });
  expect(raw.server.requests).toHaveLength(1);
});

test("an abort ends a wait for a retry with the caller's reason", async () => {
  const abort = new AbortController();
  await using raw = await startRawTransport((_, response) => {
    answerJson(response, 503, {}, { "retry-after": "20" });
    setImmediate(() => abort.abort("changed my mind"));
  }, { retries: 5 });
  expect(await rejection(raw.get({ signal: abort.signal }))).toBe("changed my mind");
});

test("many calls at once ask the token function once", async () => {
  let asked = 0;
  await using raw = await startRawTransport((request, response) => answerJson(response, 200, { auth: request.headers.authorization }), {
    token: async () => `token-${(asked += 1)}`,
  });
  expect(await Promise.all([raw.get(), raw.get(), raw.get()])).toEqual([1, 2, 3].map(() => ({ auth: "Bearer token-1" })));
});

test("a 401 asks the token function once more, for all calls together, and repeats them", async () => {
  let asked = 0;
  await using raw = await startRawTransport((request, response) => {
    const isFresh = request.headers.authorization === "Bearer token-2";
    answerJson(response, isFresh ? 200 : 401, isFresh ? { ok: true } : { error: "expired" });
  }, { token: () => `token-${(asked += 1)}` });
  expect(await Promise.all([raw.get(), raw.get()])).toEqual([{ ok: true }, { ok: true }]);
  expect(asked).toBe(2);
});

test("a second 401 is final, also for a POST, and a fixed token is not tried again", async () => {
  let asked = 0;
  await using raw = await startRawTransport((_, response) => answerJson(response, 401, {}), { token: () => `t${(asked += 1)}`, retries: 5 });
  expect(await rejection(raw.get())).toMatchObject({ status: 401 });
  expect(raw.server.requests).toHaveLength(2);
  await using fixed = await startRawTransport((_, response) => answerJson(response, 401, {}), { token: "t", retries: 5 });
  expect(await rejection(fixed.get())).toMatchObject({ status: 401 });
  expect(fixed.server.requests).toHaveLength(1);
});

test("a token function that fails is a typed error, and no request is sent", async () => {
  await using raw = await startRawTransport((_, response) => void response.end(), {
    token: async () => {
      throw new Error("no session");
    },
  });
  expect(await rejection(raw.get())).toMatchObject({ name: "MiosaError", code: "TOKEN_FAILED" });
  expect(raw.server.requests).toHaveLength(0);
});

test("a token function that hangs is bounded by the deadline", async () => {
  await using raw = await startRawTransport((_, response) => void response.end(), { token: () => new Promise(() => undefined) });
  expect(isTimeoutError(await rejection(raw.get({ timeoutMs: 50 })))).toBe(true);
});

test("a secret key where a page could read it throws and names the gateway, unless the caller insists", () => {
  Object.defineProperty(globalThis, "window", { value: globalThis, configurable: true });
  try {
    expect(() => createTransport({ apiKey: "msk_u_1" })).toThrow(/@miosa\/gateway/);
    expect(() => createTransport({ token: "msk_u_1" })).toThrow(/@miosa\/gateway/);
    expect(() => createTransport({ apiKey: "msk_u_1", dangerouslyAllowApiKeyInBrowser: true })).not.toThrow();
    expect(() => createTransport({ token: "eyJ.scoped" })).not.toThrow();
  } finally {
    Reflect.deleteProperty(globalThis, "window");
  }
});

test("a logged client or transport shows no credential", () => {
  const options = { apiKey: "msk_u_secret", headers: { "x-a": "b" } };
  for (const value of [createTransport(options), createMiosaClient(options)]) {
    expect(inspect(value, { depth: 10, showHidden: true }) + JSON.stringify(value)).not.toContain("msk_u_secret");
  }
});

test("options that cannot work are refused at once", async () => {
  expect(() => createTransport({ apiKey: "a", token: "b" })).toThrow(/not both/);
  expect(() => createTransport({ apiKey: "" })).toThrow(/visible ASCII/);
  expect(() => createTransport({ retries: -1 })).toThrow(/retries/);
  expect(() => createTransport({ timeoutMs: Number.NaN })).toThrow(/timeoutMs/);
  const call = (baseUrl: string) => rejection(createTransport({ baseUrl }).call("GET /computers", { params: {} }));
  expect(await call("/api/miosa")).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await call("ftp://host")).toMatchObject({ code: "INVALID_ARGUMENT" });
  await using raw = await startRawTransport((_, response) => void response.end());
  expect(await rejection(raw.get({ timeoutMs: -1 }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(raw.server.requests).toHaveLength(0);
});

test("ids and names are percent-encoded, and those that no URL can carry are refused", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 200, {}));
  for (const id of ["a/b?c#d%e", "...", "ü"]) await raw.transport.call("GET /computers/:id", { params: { id }, query: { "a b": "c&d" } });
  expect(raw.server.requests.map(({ url }) => url)).toEqual([
    "/computers/a%2Fb%3Fc%23d%25e?a+b=c%26d",
    "/computers/...?a+b=c%26d",
    "/computers/%C3%BC?a+b=c%26d",
  ]);
  // A URL parser folds these away, escaped or not: DELETE /computers/.. would be DELETE /.
  for (const id of ["", ".", ".."]) {
    expect(await rejection(raw.transport.call("GET /computers/:id", { params: { id } }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect(raw.server.requests).toHaveLength(3);
});

test("hooks see each try without any secret, and what onRequest returns is sent", async () => {
  const seen: unknown[] = [];
  const traces = new WeakSet<object>();
  let tries = 0;
  await using raw = await startRawTransport((_, response) => {
    tries += 1;
    answerJson(response, tries === 1 ? 503 : 200, {}, { ...soon, "x-request-id": "req_1" });
  }, {
    apiKey: "msk_u_secret",
    retries: 1,
    onRequest: (request) => {
      seen.push(["request", { ...request }]);
      traces.add(request);
      return { traceparent: `00-${request.attempt}` };
    },
    onResponse: (response) => seen.push(["response", response, traces.has(response)]),
    onError: (failure) => seen.push(["error", failure, traces.has(failure)]),
  });
  await raw.transport.call("GET /computers/:id", { params: { id: "a" }, query: { q: "hush" } });
  const trace = { route: "GET /computers/:id", method: "GET", path: "/computers/a" };
  expect(seen).toMatchObject([
    ["request", { ...trace, attempt: 1 }],
    ["error", { ...trace, attempt: 1, error: { status: 503 } }, true],
    ["request", { ...trace, attempt: 2 }],
    ["response", { ...trace, attempt: 2, status: 200, requestId: "req_1" }, true],
  ]);
  expect(raw.server.requests.map(({ headers }) => headers["traceparent"])).toEqual(["00-1", "00-2"]);
  expect(JSON.stringify(seen)).not.toMatch(/msk_|hush/);
});
