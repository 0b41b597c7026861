import { expect, test } from "vitest";
import { startLocalServer } from "../../../test/localServer.js";

test("a page of an allowed origin creates a sandbox and reads why a request failed", async () => {
  await using server = await startLocalServer();
  const headers = { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" };

  const created = await fetch(`${server.baseUrl}/computers`, { method: "POST", headers, body: "{}" });
  expect(created.status).toBe(201);
  expect(created.headers.get("x-request-id")).toMatch(/^req_/);
  expect(await server.sandboxCount()).toBe(1);

  const refused = await fetch(`${server.baseUrl}/computers`, { headers: { authorization: "Bearer msk_u_wrong" } });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ code: "invalid_token" });
});

test("a page that leaves the event stream leaves no stream open at the server", async () => {
  await using server = await startLocalServer();
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const response = await fetch(`${server.baseUrl}/events/stream`, { headers, signal: abort.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect((await server.connections()).streams.events).toBe(1);

  abort.abort();
  await expect.poll(async () => (await server.connections()).streams.events).toBe(0);
});

test("a fault that a page sets strikes the page's next request", async () => {
  await using server = await startLocalServer();
  await server.setFault("rateLimited", { retryAfterSec: 3, times: 1 });
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const limited = await fetch(`${server.baseUrl}/computers`, { headers });
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "3"]);
  expect((await fetch(`${server.baseUrl}/computers`, { headers })).status).toBe(200);
  expect(await server.countRequests("GET /computers")).toBe(2);
});
