import { createLiveFeed, createMiosaClient, type MiosaClient, type MiosaClientOptions } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { openServer } from "../test/servers.js";
import { createGateway } from "./createGateway.js";
import { toNodeListener, toNodeUpgradeListener } from "./node.js";

/** The class of `ws` does all that core asks of one, but is not typed as the browser's. */
const socketOption: Pick<MiosaClientOptions, "webSocket"> = {};
Object.assign(socketOption, { webSocket: WebSocket });

/** The gateway in front of a server that really runs sandboxes, with a client for each of two customers. */
async function start() {
  const local = await createLocalServer();
  onTestFinished(() => local.close());
  const gateway = createGateway({
    apiKey: local.apiKey,
    upstream: local.baseUrl,
    authorize: (request) => {
      const said = request.headers.get("authorization") ?? request.headers.get("sec-websocket-protocol") ?? "";
      const workspace = /bearer[ .](\w+)/i.exec(said)?.[1];
      return workspace ? { externalWorkspaceId: workspace, can: ["read", "create", "exec", "files", "delete"] } : null;
    },
  });
  const server = await openServer(toNodeListener(gateway));
  server.server.on("upgrade", toNodeUpgradeListener(gateway));
  onTestFinished(() => server.close());
  onTestFinished(() => gateway.close());
  const client = (token: string): MiosaClient => createMiosaClient({ baseUrl: `${server.baseUrl}/api/miosa`, token, ...socketOption });
  return { local, server, acme: client("acme"), globex: client("globex") };
}

test("a customer's page creates a sandbox, waits for it, runs a command in it and destroys it", async () => {
  const { local, acme } = await start();
  const sandbox = await acme.sandboxes.create({ name: "quick-exec" });
  expect(sandbox.externalWorkspaceId).toBe("acme");
  expect(await acme.sandboxes.waitUntilReady(sandbox.id)).toBe(true);
  expect(await acme.exec.run(sandbox.id, { command: "echo hi" })).toMatchObject({ output: "hi\n", exitCode: 0 });
  await acme.computers.destroy(sandbox.id);
  expect(await acme.sandboxes.list()).toEqual([]);
  expect(local.sandboxes.count).toBe(0);
});

test("two customers see disjoint sandboxes, and neither can touch the other's", async () => {
  const { acme, globex } = await start();
  const [mine, theirs] = await Promise.all([acme.sandboxes.create({ name: "mine" }), globex.sandboxes.create({ name: "theirs" })]);
  expect((await acme.sandboxes.list()).map(({ id }) => id)).toEqual([mine.id]);
  expect((await globex.sandboxes.list()).map(({ id }) => id)).toEqual([theirs.id]);
  const attempts = [
    () => acme.sandboxes.get(theirs.id),
    () => acme.sandboxes.waitUntilReady(theirs.id),
    () => acme.exec.run(theirs.id, { command: "id" }),
    () => acme.files.readText(theirs.id, "/workspace/a"),
    () => acme.computers.destroy(theirs.id),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: "NOT_FOUND", status: 404 });
  expect((await globex.sandboxes.get(theirs.id)).id).toBe(theirs.id);
});

test("output streams, files and an interactive command pass through", async () => {
  const { acme } = await start();
  const sandbox = await acme.sandboxes.create({});
  expect(await acme.sandboxes.waitUntilReady(sandbox.id)).toBe(true);

  const events = [];
  for await (const event of acme.exec.stream(sandbox.id, { command: "echo one; echo two >&2; exit 3" })) events.push(event);
  expect(events).toEqual(expect.arrayContaining([expect.objectContaining({ type: "stdout" }), expect.objectContaining({ type: "stderr" })]));
  expect(events.at(-1)).toMatchObject({ type: "exit", exitCode: 3 });

  await acme.files.write(sandbox.id, "/workspace/note.txt", "hello");
  expect(await acme.files.readText(sandbox.id, "/workspace/note.txt")).toBe("hello");

  const spawned = await acme.exec.spawn(sandbox.id, { command: "cat" });
  await spawned.write("typed\n");
  spawned.endInput();
  let output = "";
  for await (const { bytes } of spawned.output) output += new TextDecoder().decode(bytes);
  expect(output).toBe("typed\n");
  expect(await spawned.exitCode).toBe(0);
});

test("each customer's live feed turns its own sandbox ready over one upstream stream", async () => {
  const { local, acme, globex } = await start();
  local.faults.set("slowStart", { delayMs: 300 });
  const feeds = [acme, globex].map((client) => createLiveFeed(client));
  onTestFinished(() => {
    for (const feed of feeds) feed.close();
  });
  await Promise.all(
    [acme, globex].map(async (client, index) => {
      const ids = await Promise.all([1, 2, 3, 4].map(async () => (await client.sandboxes.create({})).id));
      const watches = ids.map((id) => feeds[index]?.watch(id));
      await expect.poll(() => watches.map((watch) => watch?.get().phase)).toEqual(ids.map(() => "ready"));
    }),
  );
  expect(local.countRequests("GET /events/stream")).toBe(1);
});

test("a customer reads the usage of its own users only", async () => {
  const { acme, globex } = await start();
  for (const [client, externalUserId] of [[acme, "ann"], [globex, "gil"]] as const) {
    const sandbox = await client.sandboxes.create({ externalUserId });
    expect(await client.sandboxes.waitUntilReady(sandbox.id)).toBe(true);
  }
  const usage = JSON.stringify(await acme.usage.byAttribution({ groupBy: "externalUserId" }));
  expect(usage).toContain("ann");
  expect(usage).not.toContain("gil");
});

test("a customer's summary and sessions count its own sandboxes, and no other customer's", async () => {
  const { local, acme, globex } = await start();
  for (const client of [acme, globex, globex]) await client.sandboxes.createReady();
  const [mine, theirs] = [await acme.usage.summary(), await globex.usage.summary()];
  expect([mine["externalWorkspaceId"], theirs["externalWorkspaceId"]]).toEqual(["acme", "globex"]);
  expect((await acme.usage.sessions()).sessions).toHaveLength(1);
  expect((await globex.usage.sessions()).sessions).toHaveLength(2);
  const all = createMiosaClient({ baseUrl: local.baseUrl, apiKey: local.apiKey });
  const computeHours = (await all.usage.summary()).computeHours;
  expect(mine.computeHours).toBeGreaterThan(0);
  expect(mine.computeHours + theirs.computeHours).toBeLessThanOrEqual(computeHours);
});

test("a readiness watch that is left closes its stream on the API", async () => {
  const { local, acme } = await start();
  local.faults.set("neverReady", true);
  const sandbox = await acme.sandboxes.create({});
  const controller = new AbortController();
  const waiting = acme.sandboxes.waitUntilReady(sandbox.id, { signal: controller.signal });
  await expect.poll(() => local.connections().streams.readiness).toBe(1);
  globalThis.gc?.();
  controller.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await expect.poll(() => local.connections().streams.readiness).toBe(0);
});

test("a WebSocket passes through to a route that has one, and is refused where it does not", async () => {
  const { server } = await start();
  const socket = new WebSocket(`${server.baseUrl.replace("http", "ws")}/api/miosa/computers/nobodys/exec/stream?command=sh`, { headers: { authorization: "Bearer acme" } });
  const refusal = new Promise<string>((resolve) => socket.once("error", ({ message }) => resolve(message)));
  expect(await refusal).toContain("404");
});
