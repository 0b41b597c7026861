import { afterAll, beforeAll, expect, test } from "vitest";
import { call, createReady } from "../../test/callServer.js";
import { rawRequest } from "../../test/rawRequest.js";
import { createLocalServer, createProcessDriver, type LocalServer, type SandboxDriver } from "../index.js";

let server: LocalServer;
beforeAll(async () => {
  server = await createLocalServer({ bodyLimitBytes: 1_000 });
});
afterAll(() => server.close());

test.each(["{", "nonsense", '"text"', "[]", "null", "5", "{}{}", "\uFEFF{"])("a body that is no JSON object is a 400: %j", async (body) => {
  const answer = await call(server, "POST", "/computers", { body: body === "" ? " " : body });
  expect([answer.status, answer.body["code"]]).toEqual([400, "INVALID_JSON"]);
});

test("a message about bad JSON does not repeat the body", async () => {
  expect((await call(server, "POST", "/computers", { body: '{"secret-word' })).text).not.toContain("secret-word");
});

test("a body in another encoding than UTF-8 is a 400", async () => {
  const response = await fetch(`${server.baseUrl}/computers`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  });
  expect(response.status).toBe(400);
});

test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/json", "application/json, text/plain"])(
  "a body of type %s is a 415",
  async (type) => {
    const answer = await call(server, "POST", "/computers", { body: "{}", headers: { "content-type": type } });
    expect([answer.status, answer.body["code"]]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  },
);

test.each(["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])("a body of type %s is taken", async (type) => {
  expect((await call(server, "POST", "/computers", { body: "{}", headers: { "content-type": type } })).status).toBe(201);
});

test("a mutation without a body needs no content type", async () => {
  expect((await call(server, "POST", "/computers")).status).toBe(201);
});

test("a body past the limit is a 413, with or without a declared length", async () => {
  const body = JSON.stringify({ name: "x".repeat(2_000) });
  const declared = await call(server, "POST", "/computers", { body });
  expect([declared.status, declared.body["code"]]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  const head = `POST /api/v1/computers HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${server.apiKey}\r\ncontent-type: application/json\r\n`;
  const chunk = `400\r\n${"x".repeat(1_024)}\r\n`;
  const answer = await rawRequest(server.port, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
});

test("a body of a hundred megabytes is refused by its declared length alone", async () => {
  const head = `POST /api/v1/computers HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${server.apiKey}\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n`;
  expect(await rawRequest(server.port, head)).toMatch(/^HTTP\/1.1 413 /);
});

test.each(["/", "/api", "/api/v1", "/api/v1/", "/api/v2/computers", "/api/v1/computers/", "/api/v1/computers/a/b", "/api/v1/COMPUTERS"])(
  "an unknown route is a 404 with a code: %s",
  async (path) => {
    const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${server.apiKey}` } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "NOT_FOUND" });
  },
);

test.each([
  ["PUT", "/computers", ["GET", "POST"]],
  ["POST", "/computers/x", ["DELETE", "GET", "PATCH", "PUT"]],
  ["GET", "/computers/x/exec", ["POST"]],
  ["HEAD", "/events/stream", ["GET"]],
  ["HEAD", "/computers", ["GET", "POST"]],
  ["OPTIONS", "/computers", ["GET", "POST"]],
])("%s %s is a 405 that lists what is allowed", async (method, path, allow) => {
  const answer = await call(server, method, path);
  expect([answer.status, answer.headers.get("allow")?.split(", ").toSorted()]).toEqual([405, allow]);
  expect(server.connections().streams).toEqual({ readiness: 0, events: 0 });
});

test.each(["unknown", "00000000-0000-4000-8000-000000000000", "%2e%2e", "..%2f..%2fetc", "a%00b", "%F0%9F%98%80", "x".repeat(3_000), "__proto__"])(
  "an id that is nobody's is a 404: %s",
  async (id) => {
    const answer = await rawRequest(
      server.port,
      `GET /api/v1/computers/${id} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${server.apiKey}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 [^]*"code":"NOT_FOUND"/);
  },
);

test.each(["%", "%zz", "%ff", "%c3%28"])("an id that is not percent-encoded UTF-8 is a 400: %s", async (id) => {
  const answer = await rawRequest(
    server.port,
    `GET /api/v1/computers/${id} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nauthorization: Bearer ${server.apiKey}\r\nconnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 400 [^]*"code":"INVALID_ID"/);
});

test("every answer has a request id of its own", async () => {
  const ids = new Set<string | null>();
  for (const path of ["/computers", "/computers/x", "/nothing"]) ids.add((await call(server, "GET", path)).headers.get("x-request-id"));
  ids.add((await call(server, "GET", "/computers", { key: "msk_u_wrong" })).headers.get("x-request-id"));
  expect(ids.size).toBe(4);
  expect(ids).not.toContain(null);
});

test("an error of the server's own making is a bare 500 and is reported", async () => {
  const errors: unknown[] = [];
  const failure = new Error("the driver broke");
  const processes = createProcessDriver();
  const driver: SandboxDriver = {
    ...processes,
    create: async (spec) => ({ ...(await processes.create(spec)), waitReady: async () => {}, exec: () => Promise.reject(failure) }),
  };
  await using own = await createLocalServer({ driver, onError: (error) => void errors.push(error) });
  const id = await createReady(own);
  const { status, text } = await call(own, "POST", `/computers/${id}/exec`, { body: { command: "true" } });
  expect(status).toBe(500);
  expect(text).not.toContain("driver broke");
  expect(errors).toEqual([failure]);
});
