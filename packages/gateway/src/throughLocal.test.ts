import { createMiosaClient, type MiosaClient } from "@miosa/core";
import { createLocalServer } from "@miosa/local";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { openServer } from "../test/servers.js";
import { createGateway } from "./createGateway.js";
import { toNodeListener, toNodeUpgradeListener } from "./node.js";

/** The gateway in front of a server that really runs sandboxes, with a client for each of two customers. */
async function start() {
  const local = await createLocalServer();
  onTestFinished(() => local.close());
  const gateway = createGateway({
    apiKey: local.apiKey,
    upstream: local.baseUrl,
    authorize: (request) => {
      const workspace = request.headers.get("authorization")?.slice("Bearer ".length);
      return workspace ? { externalWorkspaceId: workspace, can: ["read", "create", "exec", "files", "delete"] } : null;
    },
  });
  const server = await openServer(toNodeListener(gateway));
  server.server.on("upgrade", toNodeUpgradeListener(gateway));
  onTestFinished(() => server.close());
  onTestFinished(() => gateway.close());
  const client = (token: string): MiosaClient => createMiosaClient({ baseUrl: `${server.baseUrl}/api/miosa`, token });
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
    acme.sandboxes.get(theirs.id),
    acme.sandboxes.waitUntilReady(theirs.id),
    acme.exec.run(theirs.id, { command: "id" }),
    acme.computers.destroy(theirs.id),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "NOT_FOUND", status: 404 });
  expect((await globex.sandboxes.get(theirs.id)).id).toBe(theirs.id);
});

test("a readiness watch that is left closes its stream on the API", async () => {
  const { local, acme } = await start();
  local.faults.set("neverReady", true);
  const sandbox = await acme.sandboxes.create({});
  const controller = new AbortController();
  const waiting = acme.sandboxes.waitUntilReady(sandbox.id, { signal: controller.signal });
  while (local.connections().streams.readiness === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  globalThis.gc?.();
  controller.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  const left = performance.now();
  while (local.connections().streams.readiness > 0 && performance.now() - left < 5_000) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(local.connections().streams.readiness).toBe(0);
});

test("a WebSocket passes through to a route that has one, and is refused where it does not", async () => {
  const { server } = await start();
  const socket = new WebSocket(`${server.baseUrl.replace("http", "ws")}/api/miosa/computers/nobodys/exec/stream?command=sh`, { headers: { authorization: "Bearer acme" } });
  const refusal = new Promise<string>((resolve) => socket.once("error", ({ message }) => resolve(message)));
  expect(await refusal).toContain("404");
});
