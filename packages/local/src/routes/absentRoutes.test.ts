import { afterAll, beforeAll, expect, test } from "vitest";
import { call, createReady } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

let server: LocalServer;
let id: string;
beforeAll(async () => {
  server = await createLocalServer();
  id = await createReady(server);
});
afterAll(() => server.close());

test.each([
  ["GET", "/computers/:id/vnc-credentials", 409, "DESKTOP_UNAVAILABLE"],
  ["POST", "/computers/:id/stream-token", 409, "DESKTOP_UNAVAILABLE"],
  ["GET", "/computers/:id/viewer-password", 409, "DESKTOP_UNAVAILABLE"],
  ["POST", "/computers/:id/viewer-password/rotate", 409, "DESKTOP_UNAVAILABLE"],
  ["GET", "/computers/:id/embed", 409, "DESKTOP_UNAVAILABLE"],
  ["GET", "/computers/:id/agent/events", 404, "NOT_FOUND"],
  ["GET", "/sandboxes/:id/artifacts", 404, "NOT_FOUND"],
  ["POST", "/sandboxes/:id/template/start", 409, "CONFLICT"],
])("%s %s says what is not here, and what to use instead", async (method, path, status, code) => {
  const answer = await call(server, method, path.replace(":id", id));
  expect([answer.status, answer.body["code"]]).toEqual([status, code]);
  expect(answer.body["message"]).toMatch(/^(This|No) .*\. (Take|The|Files|Start) /);
  const unknown = await call(server, method, path.replace(":id", "nobodys"));
  expect([unknown.status, unknown.body["message"]]).toEqual([404, "There is no such sandbox."]);
});
