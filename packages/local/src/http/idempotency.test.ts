import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { call, createReady } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

const create = (server: LocalServer, idempotencyKey: string, body: object = { name: "a" }, key = server.apiKey) =>
  call(server, "POST", "/computers", { body, key, headers: { "idempotency-key": idempotencyKey } });

test("a repeated key gives the first answer again and creates nothing", async () => {
  await using server = await createLocalServer();
  const key = randomUUID();
  const [first, second] = [await create(server, key), await create(server, key)];
  expect([second.status, second.text]).toEqual([201, first.text]);
  expect([first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")]).toEqual([null, "true"]);
  expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  expect(server.sandboxes.count).toBe(1);
});

test("ten requests with one key at once create one sandbox and get one answer", async () => {
  await using server = await createLocalServer();
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => create(server, key)));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(server.sandboxes.count).toBe(1);
});

test("a repeated key with another body is a 409", async () => {
  await using server = await createLocalServer();
  const key = randomUUID();
  await create(server, key);
  const { status, body } = await create(server, key, { name: "b" });
  expect([status, body["code"]]).toEqual([409, "IDEMPOTENCY_CONFLICT"]);
});

test("a key counts for its own tenant, path and method only", async () => {
  await using server = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"] });
  const key = randomUUID();
  const first = await create(server, key);
  const second = await create(server, key, { name: "a" }, "msk_u_two");
  expect(second.body["id"]).not.toBe(first.body["id"]);
  const patched = await call(server, "PATCH", `/computers/${String(first.body["id"])}`, { body: { name: "b" }, headers: { "idempotency-key": key } });
  expect(patched.body["name"]).toBe("b");
});

test("a command with a repeated key runs once", async () => {
  await using server = await createLocalServer();
  const id = await createReady(server);
  const run = () => call(server, "POST", `/computers/${id}/exec`, { body: { command: "echo x >> f; cat f" }, headers: { "idempotency-key": "k" } });
  const answers = await Promise.all([run(), run()]);
  expect(answers.map(({ body }) => body["output"])).toEqual(["x\n", "x\n"]);
});

test("a passing trouble is not repeated", async () => {
  await using server = await createLocalServer();
  server.faults.set("serverError", { status: 503, times: 1 });
  expect((await create(server, "k")).status).toBe(503);
  expect((await create(server, "k")).status).toBe(201);
  expect((await create(server, "k", { name: 5 })).status).toBe(409);
});

test("a refused body is answered the same again", async () => {
  await using server = await createLocalServer();
  expect((await create(server, "k", { name: 5 })).status).toBe(422);
  const again = await create(server, "k", { name: 5 });
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([422, "true"]);
});

test("a key is forgotten after a day", async () => {
  let at = Date.UTC(2030, 0, 1);
  await using server = await createLocalServer({ now: () => at });
  await create(server, "k");
  at += 24 * 60 * 60_000 + 1;
  expect((await create(server, "k")).headers.get("idempotency-replayed")).toBeNull();
  expect(server.sandboxes.count).toBe(2);
});

test("a key that is too long is a 422", async () => {
  await using server = await createLocalServer();
  expect((await create(server, "k".repeat(256))).status).toBe(422);
});
