import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { followStream } from "../../test/followStream.js";
import { untilEnded } from "../../test/isRunning.js";
import { stateServers } from "../../test/stateServers.js";
import type { LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

const isRoot = process.getuid?.() === 0;

async function outputOf(server: LocalServer, id: string, command: string): Promise<unknown> {
  return (await exec(server, id, command)).body["output"];
}

/** Starts a sandbox that is stopped and waits until it is ready. */
async function startAgain(server: LocalServer, id: string): Promise<void> {
  await call(server, "POST", `/computers/${id}/start`);
  const { text } = await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect(text).toContain("event: ready\n");
}

async function readyNative(server: LocalServer, fields: object): Promise<string> {
  const id = String((await call(server, "POST", "/sandboxes", { body: fields })).body["id"]);
  await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  return id;
}

function without(row: Readonly<Record<string, unknown>>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}

describe.each(["bwrap", "unshare", "process"] as const)("with %s", (driver) => {
  test("a sandbox comes back stopped with all its fields, and starts again with its files", async () => {
    const servers = await stateServers({ driver });
    const first = await servers.start();
    const id = await readyNative(first, {
      name: "kept",
      persistent: true,
      timeout_sec: 1_234,
      idle_timeout_sec: 567,
      size: "medium",
      tags: ["a", "b"],
      env: { GREETING: "hello" },
      metadata: { deep: { er: [1, null] } },
      external_workspace_id: "w",
      external_user_id: "u",
      external_project_id: "p",
    });
    await outputOf(first, id, "echo work > file; mkdir -m 0 closed; ln -s file link; echo home > ~/file; echo gone > /tmp/file; setsid sleep 300 &");
    const before = (await call(first, "GET", `/sandboxes/${id}`)).body;

    const second = await servers.restart();
    const after = (await call(second, "GET", `/sandboxes/${id}`)).body;
    const ofRunning = ["state", "ready", "ready_at", "started_at", "timeout_remaining_ms", "total_runtime_sec", "updated_at", "boot_path"];
    expect(without(after, ...ofRunning)).toEqual(without(before, ...ofRunning));
    expect(after).toMatchObject({ state: "paused", ready: false });
    await startAgain(second, id);
    expect(await outputOf(second, id, "cat file link ~/file; stat -c %a closed; echo $GREETING; pgrep -f 'sleep 30[0]' | wc -l")).toBe("work\nwork\nhome\n0\nhello\n0\n");
    expect(await outputOf(second, id, "echo more >> file && cat file && rmdir closed")).toBe("work\nmore\n");
  });

  test("a stopped sandbox's copy has its files, before and after a restart, and so has a snapshot's", async () => {
    const servers = await stateServers({ driver });
    const first = await servers.start();
    const id = await createReady(first);
    await outputOf(first, id, "echo one > file; echo home > ~/file");
    const snapshot = (await call(first, "POST", `/sandboxes/${id}/snapshots`, { body: { comment: "c" } })).body["data"];
    await outputOf(first, id, "echo two > file");
    await call(first, "POST", `/computers/${id}/stop`);
    const second = await servers.restart();
    const copies = [
      String((await call(second, "POST", `/computers/${id}/clone`, { body: {} })).body["id"]),
      String((await call(second, "POST", `/sandboxes/${id}/fork`, { body: {} })).body["id"]),
      String((await call(second, "POST", `/sandboxes/${id}/restore/${isObject(snapshot) ? String(snapshot["id"]) : ""}`, { body: {} })).body["id"]),
    ];
    for (const copy of copies) await call(second, "GET", `/sandboxes/${copy}/readiness/stream`);
    expect(await Promise.all(copies.map((copy) => outputOf(second, copy, "cat file ~/file")))).toEqual(["two\nhome\n", "two\nhome\n", "one\nhome\n"]);
    expect((await call(second, "GET", `/computers/${id}`)).body["status"]).toBe("stopped");
    await expect.poll(() => servers.list("saved")).toHaveLength(1);
  });

  test("a box's files belong to the same user of the host after a restart, and nobody else gets that user", async () => {
    const servers = await stateServers({ driver, warmPool: 1 });
    const first = await servers.start();
    const id = await createReady(first);
    await outputOf(first, id, "echo mine > file");
    await first.close();
    const ownerOf = async (name: string): Promise<number> => (await lstat(join(servers.stateDir, "boxes", name))).uid;
    const [kept = ""] = await servers.list("boxes");
    const owner = await ownerOf(kept);
    const second = await servers.restart();
    await Promise.all(Array.from({ length: 3 }, () => createReady(second)));
    await startAgain(second, id);
    await outputOf(second, id, "echo more >> file");
    expect(await ownerOf(kept)).toBe(owner);
    // Only root can give each box a user of its own, past all numbers that servers without a state directory take.
    const [sharing, above] = isRoot && driver !== "process" ? [0, 1_000_000_000] : [3, -1];
    const others = (await servers.list("boxes")).filter((name) => name !== kept).slice(0, 3);
    expect((await Promise.all(others.map(ownerOf))).filter((uid) => uid === owner)).toHaveLength(sharing);
    expect(owner).toBeGreaterThan(above);
  });

  test("closing stops everything and leaves what the next server needs, and destroying leaves nothing", async () => {
    const servers = await stateServers({ driver, warmPool: 1 });
    const first = await servers.start();
    const ids = await Promise.all([createReady(first), createReady(first)]);
    first.faults.set("neverReady", true);
    await createSandbox(first);
    await first.close();
    await expect.poll(() => servers.list("boxes")).toHaveLength(2);
    const second = await servers.restart();
    await startAgain(second, ids[0]);
    await call(second, "POST", `/sandboxes/${ids[0]}/snapshots`, { body: {} });
    const rows = (await call(second, "GET", "/computers")).body["data"];
    expect(rows).toHaveLength(3);
    for (const { id } of second.sandboxes.list()) await call(second, "DELETE", `/computers/${id}`);
    await second.close();
    for (const name of ["boxes", "saved", "kept", "set-aside"]) expect([name, await servers.list(name)]).toEqual([name, []]);
    expect((await servers.restart()).sandboxes.count).toBe(0);
  });

  test("a sandbox whose start fails after a restart still has its files", async () => {
    const servers = await stateServers({ driver });
    const id = await createReady(await servers.start());
    const second = await servers.restart({ faults: { bootFails: { reason: "no luck" } } });
    await call(second, "POST", `/computers/${id}/start`);
    await expect.poll(async () => (await call(second, "GET", `/computers/${id}`)).body["status"]).toBe("error");
    const third = await servers.restart();
    expect((await call(third, "GET", `/computers/${id}`)).body).toMatchObject({ status: "error", status_reason: "no luck" });
    await startAgain(third, id);
    expect((await servers.list("boxes")).length).toBe(1);
  });

  test("a copy that had not booted when its server closed boots in the next one with its files", async () => {
    const servers = await stateServers({ driver });
    const first = await servers.start();
    const id = await createReady(first);
    await outputOf(first, id, "echo copied > file");
    first.faults.set("neverReady", true);
    const copy = String((await call(first, "POST", `/computers/${id}/clone`, { body: {} })).body["id"]);
    const second = await servers.restart();
    await startAgain(second, copy);
    expect(await outputOf(second, copy, "cat file")).toBe("copied\n");
    await expect.poll(() => servers.list("saved")).toEqual([]);
  });
});

test("what stopping would destroy ends with its server, and what it would keep does not", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const fields = [{ name: "plain" }, { name: "persistent", persistent: true }, { name: "always on", always_on: true }, { name: "paused" }, { name: "stopped" }];
  const [, , , paused, stopped] = await Promise.all(fields.map((each) => readyNative(first, each)));
  await createReady(first, { name: "computer" });
  await call(first, "POST", `/sandboxes/${paused}/pause`, { body: {} });
  await call(first, "POST", `/computers/${stopped}/stop`);
  await expect.poll(async () => (await call(first, "GET", `/computers/${stopped}`)).body["status"]).toBe("stopped");
  const second = await servers.restart();
  expect(second.sandboxes.list().map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual(
    ["always on stopped", "computer stopped", "paused stopped", "persistent stopped", "stopped stopped"],
  );
  expect(await servers.list("boxes")).toHaveLength(5);
});

test("each tenant finds its own sandboxes again, in their order, and no other's", async () => {
  const servers = await stateServers({ apiKeys: ["msk_u_one", "msk_u_two"] });
  const first = await servers.start();
  const ids = new Array<string>();
  for (let i = 0; i < 5; i += 1) ids.unshift(await createSandbox(first, { name: `of one ${i}` }));
  const other = await createSandbox(first, {}, { key: "msk_u_two" });
  const second = await servers.restart();
  const listed = async (key: string): Promise<unknown> => {
    const { data } = (await call(second, "GET", "/computers", { key })).body;
    return Array.isArray(data) ? data.map((row: unknown) => isObject(row) && row["id"]) : data;
  };
  expect([await listed("msk_u_one"), await listed("msk_u_two")]).toEqual([ids, [other]]);
  expect((await call(second, "GET", `/computers/${other}`, { key: "msk_u_one" })).status).toBe(404);
  const newest = await createSandbox(second);
  expect(await listed("msk_u_one")).toEqual([newest, ...ids]);
});

test("usage counts on where it was, also of what is destroyed since", async () => {
  let now = Date.UTC(2030, 0, 1);
  const servers = await stateServers({ now: () => now });
  const first = await servers.start();
  const [kept, destroyed] = [await createReady(first, { external_user_id: "u" }), await createReady(first, { size: "large", external_user_id: "u" })];
  now += 60_000;
  await call(first, "DELETE", `/computers/${destroyed}`);
  now += 40_000;
  const second = await servers.restart();
  now += 1_000_000; // nothing runs
  await startAgain(second, kept);
  now += 20_000;
  const third = await servers.restart();
  const { data } = (await call(third, "GET", `/sandboxes/${kept}/usage`)).body;
  expect(data).toMatchObject({ runtime_sec: 120 });
  const { results } = (await call(third, "GET", "/usage?group_by=external_user_id")).body;
  expect(results).toMatchObject([{ external_user_id: "u", sandbox_seconds: 120 * 2 + 60 * 8 }]);
  const { meta } = (await call(third, "GET", "/usage/sessions")).body;
  expect(meta).toMatchObject({ total: 3 });
});

test("a create that is repeated in the next server's time gets the first answer", async () => {
  const servers = await stateServers();
  const create = (server: LocalServer, body: object) => call(server, "POST", "/computers", { body, headers: { "idempotency-key": "k" } });
  const before = await create(await servers.start(), { name: "a" });
  const second = await servers.restart();
  const after = await create(second, { name: "a" });
  expect([after.text, after.headers.get("idempotency-replayed"), second.sandboxes.count]).toEqual([before.text, "true", 1]);
  expect((await create(second, { name: "b" })).status).toBe(409);
});

test("an event id of an earlier server is answered with what happens from now on", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  await using before = await followStream(first, "/events/stream");
  const id = await createReady(first);
  await first.close();
  const told = await before.ended();
  expect(told).toContain("event: sandbox.paused"); // that it is stopped is told before the stream ends
  const [, eventId = ""] = /id: (\S+)\nevent: sandbox\.created/.exec(told) ?? [];
  const second = await servers.restart();
  await createSandbox(second);
  await using after = await followStream(second, "/events/stream", { "last-event-id": eventId });
  await after.until("heartbeat");
  await startAgain(second, id);
  const text = await after.until("event: sandbox.ready");
  expect(text.match(/event: (\S+)/)?.[1]).toBe("sandbox.running");
  expect(text).not.toContain("sandbox.created");
});

test("a taken port undoes the start and leaves the state as it is", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const id = await createReady(first);
  await outputOf(first, id, "echo kept > file");
  await first.close();
  await using other = await stateServers().then((others) => others.start());
  await expect(servers.start({ port: other.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  const second = await servers.start();
  await startAgain(second, id);
  expect(await outputOf(second, id, "cat file")).toBe("kept\n");
});

test("a daemon that a plain process has left ends with its server, and its sandbox stays", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const pid = Number(await outputOf(first, await createReady(first), "setsid sleep 300 & echo $!"));
  const second = await servers.restart();
  await untilEnded(pid);
  expect(second.sandboxes.list()).toMatchObject([{ status: "stopped" }]);
});

test("nothing is started any more while its server closes", async () => {
  const servers = await stateServers();
  const first = await servers.start();
  const id = await readyNative(first, { persistent: true });
  const preview = (await call(first, "POST", `/sandboxes/${id}/previews`, { body: { port: 3_000 } })).body["data"];
  const url = isObject(preview) ? String(preview["url"]) : "";
  // A visitor would wake a persistent sandbox that is being stopped.
  const [visit] = await Promise.allSettled([fetch(url), first.close()]);
  expect(visit.status === "rejected" || visit.value.status === 502).toBe(true);
  expect(first.sandboxes.list()).toMatchObject([{ status: "stopped" }]);
  expect((await servers.start()).sandboxes.list()).toMatchObject([{ id, status: "stopped" }]);
});
