import { createMiosaClient, isProtocolError } from "@miosa/core";
import { expect, test } from "vitest";
import { answerJson, bodyOf, rejection, startRawTransport } from "../../test/rawTransport.js";

async function startCreate() {
  const bodies: unknown[] = [];
  const raw = await startRawTransport(async (request, response) => {
    bodies.push(JSON.parse((await bodyOf(request)).toString()));
    answerJson(response, 201, { id: "a", status: "creating" });
  });
  return { bodies, raw, miosa: createMiosaClient({ baseUrl: raw.server.url }), [Symbol.asyncDispose]: () => raw.server.close() };
}

test("every attribute reaches the server in its own spelling, and what the user owns stays as it is", async () => {
  await using it = await startCreate();
  const later = { laterMember: { keptAsIs: 1 } };
  await it.miosa.sandboxes.create({ name: "x", workspaceId: "ws_1", slug: undefined, metadata: { camelCase: "v", snake_case: "w" }, externalUserId: "u", ...later });
  expect(it.bodies).toEqual([
    { name: "x", template_type: "miosa-sandbox", workspace_id: "ws_1", metadata: { camelCase: "v", snake_case: "w" }, external_user_id: "u", later_member: { keptAsIs: 1 } },
  ]);
});

test("the native create says its template, and all else as given", async () => {
  await using it = await startCreate();
  const native = createMiosaClient({ baseUrl: it.raw.server.url, sandboxApi: "sandboxes" });
  await native.sandboxes.create({ templateType: "tmpl", timeoutSec: 60, readinessProbe: { type: "http" }, region: "eu" });
  expect(it.bodies).toEqual([{ template_id: "tmpl", timeout_sec: 60, readiness_probe: { type: "http" }, region: "eu" }]);
  expect(await rejection(it.miosa.sandboxes.create({ tags: ["eu"] }))).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("an empty idempotency key counts as none, so that a create is never repeated without one", async () => {
  await using it = await startCreate();
  await it.miosa.sandboxes.create({}, { idempotencyKey: "" });
  expect(it.raw.server.requests[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("an answer whose id is empty is a ProtocolError: no call could name it", async () => {
  await using raw = await startRawTransport((_, response) => answerJson(response, 201, { id: "", status: "creating" }));
  expect(isProtocolError(await rejection(createMiosaClient({ baseUrl: raw.server.url }).computers.create()))).toBe(true);
});

test("a page without a secure context, which has no randomUUID, still creates under a key of its own", async () => {
  await using it = await startCreate();
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: (array: Uint32Array<ArrayBuffer>) => crypto.getRandomValues(array) }, configurable: true });
  try {
    await it.miosa.sandboxes.create();
    await it.miosa.sandboxes.create();
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
  }
  const keys = it.raw.server.requests.map(({ headers }) => String(headers["idempotency-key"]));
  expect(new Set(keys).size).toBe(2);
  for (const key of keys) expect(key).toMatch(/^\d+(-\d+){3}$/);
});
