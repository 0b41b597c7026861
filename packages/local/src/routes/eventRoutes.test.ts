import { expect, test } from "vitest";
import { call, createReady, createSandbox } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { createLocalServer } from "../index.js";
import { expectNoConnections } from "../testing.js";

const idsOf = (text: string): string[] => text.match(/(?<=^id: ).+$/gm) ?? [];
const typesOf = (text: string): string[] => text.match(/(?<=^event: ).+$/gm) ?? [];

test("a sandbox's life is told in order, each event with its labels and an id of its own", async () => {
  await using server = await createLocalServer();
  await using stream = await followStream(server, "/events/stream");
  expect(await stream.until("\n\n")).toBe(": heartbeat\n\n");
  const id = await createReady(server, { external_user_id: "u-5", external_workspace_id: "w" });
  await call(server, "DELETE", `/computers/${id}`);
  const text = await stream.until("sandbox.destroyed\"");
  expect(typesOf(text)).toEqual(["sandbox.created", "sandbox.running", "sandbox.ready", "sandbox.destroyed"]);
  expect(new Set(idsOf(text)).size).toBe(4);
  expect(idsOf(text)).toEqual(idsOf(text).toSorted());
  for (const [, data] of text.matchAll(/^data: (.+)$/gm)) {
    expect(JSON.parse(data ?? "")).toMatchObject({
      id,
      tenant_id: expect.any(String),
      ts: expect.stringMatching(/Z$/),
      external_user_id: "u-5",
      external_workspace_id: "w",
      external_project_id: null,
    });
  }
});

test("a boot that fails is told with its reason", async () => {
  await using server = await createLocalServer({ faults: { bootFails: { reason: "no disk left" } } });
  await using stream = await followStream(server, "/events/stream?types=sandbox.error");
  await createSandbox(server);
  expect(await stream.until("no disk left")).toMatch(/event: sandbox.error\ndata: .*"error":"no disk left","reason":"no disk left"/);
});

test.each([
  ["sandbox.*", ["sandbox.created", "sandbox.running", "sandbox.ready", "sandbox.destroyed"]],
  ["*", ["sandbox.created", "sandbox.running", "sandbox.ready", "sandbox.destroyed"]],
  ["s*.r*y", ["sandbox.ready"]],
  ["sandbox.ready,sandbox.destroyed", ["sandbox.ready", "sandbox.destroyed"]],
  ["sandbox", []],
  ["computer.*", []],
])("types=%s lets through %j", async (types, expected) => {
  await using server = await createLocalServer();
  await using stream = await followStream(server, `/events/stream?types=${encodeURIComponent(types)}`);
  await using all = await followStream(server, "/events/stream");
  const id = await createReady(server);
  await call(server, "DELETE", `/computers/${id}`);
  await all.until("event: sandbox.destroyed");
  if (expected.length > 0) await stream.until(`event: ${expected.at(-1)}`);
  expect(typesOf(stream.text())).toEqual(expected);
});

test("a computer that is no sandbox is told by computer events", async () => {
  await using server = await createLocalServer();
  await using stream = await followStream(server, "/events/stream");
  const id = await createReady(server, { template_type: "miosa-desktop" });
  await call(server, "DELETE", `/computers/${id}?force=true`);
  expect(typesOf(await stream.until("computer.deleted\""))).toEqual(["computer.created", "computer.running", "computer.deleted"]);
});

test("a client that comes back with its last event id gets what it missed, once, and then the rest", async () => {
  await using server = await createLocalServer();
  let last: string;
  {
    await using stream = await followStream(server, "/events/stream");
    await createSandbox(server);
    last = idsOf(await stream.until("event: sandbox.created"))[0] ?? "";
  }
  await createReady(server);
  await using resumed = await followStream(server, "/events/stream", { "last-event-id": last });
  const missed = await resumed.until("event: sandbox.ready");
  expect(idsOf(missed)).not.toContain(last);
  await createSandbox(server);
  await expect.poll(() => typesOf(resumed.text()).filter((type) => type === "sandbox.ready").length).toBe(3);
  expect(typesOf(resumed.text()).filter((type) => type === "sandbox.created")).toHaveLength(2);
  expect(new Set(idsOf(resumed.text())).size).toBe(idsOf(resumed.text()).length);
});

test("a client that comes back with an id that nobody knows gets new events only", async () => {
  await using server = await createLocalServer();
  await createReady(server);
  await using stream = await followStream(server, "/events/stream", { "last-event-id": "evt_unknown_1" });
  await stream.until("heartbeat");
  const id = await createReady(server);
  const text = await stream.until("event: sandbox.ready");
  expect(text.match(/"id":"[^"]+"/g)?.every((member) => member.includes(id))).toBe(true);
});

test("a tenant sees no event of another", async () => {
  await using server = await createLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"] });
  await using one = await followStream(server, "/events/stream");
  await using two = await followStream({ baseUrl: server.baseUrl, apiKey: "msk_u_two" }, "/events/stream");
  await createReady(server);
  await one.until("event: sandbox.ready");
  await createSandbox(server, {}, { key: "msk_u_two" });
  await two.until("event: sandbox.ready");
  const tenants = (text: string): Set<string> => new Set(text.match(/"tenant_id":"[^"]+"/g));
  expect(tenants(one.text()).size).toBe(1);
  expect(tenants(two.text()).size).toBe(1);
  expect(tenants(one.text())).not.toEqual(tenants(two.text()));
});

test("a heartbeat comes as often as it is told to, and a client that leaves leaves nothing open", async () => {
  await using server = await createLocalServer({ heartbeatMs: 10 });
  {
    await using stream = await followStream(server, "/events/stream");
    await stream.until(": heartbeat\n\n".repeat(4));
    expect(server.connections().streams.events).toBe(1);
  }
  await expectNoConnections(server);
});
