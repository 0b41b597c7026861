import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call, createSandbox } from "../../test/callServer.js";
import { rawRequest } from "../../test/rawRequest.js";
import { createLocalServer, type LocalServer } from "../index.js";

const page = "http://localhost:5173";
let server: LocalServer;
beforeAll(async () => {
  server = await createLocalServer({ allowOrigins: [page] });
});
beforeEach(() => server.clearRequests());
afterAll(() => server.close());

const raw = (host: string, target = "/api/v1/computers", more = ""): Promise<string> =>
  rawRequest(server.port, `GET ${target} HTTP/1.1\r\n${host}authorization: Bearer ${server.apiKey}\r\nconnection: close\r\n${more}\r\n`);

describe("the key", () => {
  test.each(["", "Bearer", "Bearer ", "Bearer msk_u_wrong", "Basic bXNr", "msk_u_wrong"])("missing or wrong is a 401 with both error forms: %j", async (authorization) => {
    const { status, body, headers } = await call(server, "GET", "/computers", { headers: { authorization } });
    expect(status).toBe(401);
    const error = { code: "invalid_token", request_id: headers.get("x-request-id") };
    expect(body).toMatchObject({ ...error, error });
    expect(headers.get("www-authenticate")).toBe("Bearer");
  });

  test("is asked for before an unknown route is told from a known one", async () => {
    expect((await call(server, "GET", "/nothing", { key: "msk_u_wrong" })).status).toBe(401);
  });

  test("in the query counts for nothing", async () => {
    const response = await fetch(`${server.baseUrl}/computers?api_key=${server.apiKey}&token=${server.apiKey}`);
    expect(response.status).toBe(401);
  });
});

describe("the Host header", () => {
  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("may name the server as %s with its port", async (name) => {
    expect(await raw(`host: ${name}:${server.port}\r\n`)).toMatch(/^HTTP\/1.1 200 /);
  });

  test.each(["rebound.example", "127.0.0.1.evil.test", "localhost.evil.test", "127.0.0.2", "0.0.0.0", "127.1"])("of another name is refused: %s", async (name) => {
    expect(await raw(`host: ${name}:${server.port}\r\n`)).toMatch(/^HTTP\/1.1 403 [^]*"code":"FORBIDDEN"/);
  });

  test("without the port, with another port, missing, empty or doubled is refused", async () => {
    for (const host of ["host: 127.0.0.1\r\n", "host: 127.0.0.1:1\r\n", "", "host:\r\n", `host: 127.0.0.1:${server.port}\r\nhost: evil.test\r\n`]) {
      expect(await raw(host)).toMatch(/^HTTP\/1.1 40[03] /);
    }
  });

  test("that is right does not help an absolute target that names another host", async () => {
    expect(await raw(`host: 127.0.0.1:${server.port}\r\n`, "http://evil.test/api/v1/computers")).toMatch(/^HTTP\/1.1 403 /);
  });

  test("that is wrong is refused on HTTP/1.0 too", async () => {
    const answer = await rawRequest(server.port, `GET /api/v1/computers HTTP/1.0\r\nauthorization: Bearer ${server.apiKey}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.\d 40[03] /);
  });
});

describe("a page", () => {
  test.each(["http://evil.test", "null", "http://localhost:5174", "https://localhost:5173", "http://LOCALHOST:5173", ""])(
    "of origin %j is refused without CORS headers, and nothing happens",
    async (origin) => {
      const answer = await rawRequest(
        server.port,
        `POST /api/v1/computers HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\norigin: ${origin}\r\nauthorization: Bearer ${server.apiKey}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 403 /);
      expect(answer).not.toMatch(/access-control/i);
      expect(server.sandboxes.count).toBe(0);
    },
  );

  test("of the server's own origin is refused too, since the server has no pages", async () => {
    expect((await call(server, "GET", "/computers", { headers: { origin: server.url } })).status).toBe(403);
  });

  test.each(["cross-site", "same-site"])("that sends no Origin is refused by its Sec-Fetch-Site: %s", async (site) => {
    const host = `host: 127.0.0.1:${server.port}\r\n`;
    expect(await raw(host, "/api/v1/computers", `sec-fetch-site: ${site}\r\n`)).toMatch(/^HTTP\/1.1 403 /);
    expect(await raw(host, "/api/v1/computers", "sec-fetch-site: none\r\n")).toMatch(/^HTTP\/1.1 200 /);
  });

  test("of another origin gets its preflight refused without CORS headers", async () => {
    const headers = { origin: "http://evil.test", "access-control-request-method": "POST" };
    const response = await call(server, "OPTIONS", "/computers", { headers });
    expect(response.status).toBe(403);
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("of an allowed origin gets a preflight of 204 without a key", async () => {
    const headers = { origin: page, "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
    const response = await fetch(`${server.baseUrl}/computers`, { method: "OPTIONS", headers });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(page);
    expect(response.headers.get("access-control-allow-methods")).toContain("DELETE");
    for (const name of ["authorization", "content-type", "idempotency-key", "last-event-id"]) {
      expect(response.headers.get("access-control-allow-headers")).toContain(name);
    }
    expect(response.headers.get("access-control-max-age")).toBe("600");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("of an allowed origin reads answers, errors and streams, and the headers it needs", async () => {
    await using own = await createLocalServer({ allowOrigins: [page] });
    const id = await createSandbox(own);
    for (const [path, key, status] of [
      ["/computers", own.apiKey, 200],
      ["/computers", "msk_u_wrong", 401],
      ["/nothing", own.apiKey, 404],
      [`/sandboxes/${id}/readiness/stream`, own.apiKey, 200],
    ] as const) {
      const answer = await call(own, "GET", path, { key, headers: { origin: page, "sec-fetch-site": "same-site" } });
      expect([path, answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([path, status, page]);
      expect(answer.headers.get("access-control-expose-headers")).toContain("x-request-id");
      expect(answer.headers.get("vary")).toContain("origin");
    }
  });
});
