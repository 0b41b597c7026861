import { createLocalServer, type LocalFaults, type LocalServer, type LocalServerOptions } from "@miosa/local";
import { expectNoConnections } from "@miosa/local/testing";
import { createMiosaClient, type MiosaClient, type MiosaClientOptions } from "@miosa/core";
import { describe, expect, onTestFinished, test } from "vitest";

const streamRoute = "GET /sandboxes/:id/readiness/stream";
const pollRoute = "GET /sandboxes/:id/readiness";

/** A local server and a client for it; the test fails when it leaves a stream open. */
async function start(
  options: LocalServerOptions = {},
  clientOptions: MiosaClientOptions = {},
): Promise<{ server: LocalServer; client: MiosaClient; id: string }> {
  const server = await createLocalServer(options);
  onTestFinished(async () => {
    try {
      await expectNoConnections(server);
    } finally {
      await server.close();
    }
  });
  const keyed = createMiosaClient({ apiKey: server.apiKey, baseUrl: server.baseUrl });
  const { id } = await keyed.sandboxes.create();
  const own = Object.keys(clientOptions).length > 0;
  return { server, client: own ? createMiosaClient({ baseUrl: server.baseUrl, ...clientOptions }) : keyed, id };
}

/** The same with a sandbox that is ready already; requests are counted from here. */
async function startReady(): ReturnType<typeof start> {
  const world = await start();
  await world.client.sandboxes.waitUntilReady(world.id);
  world.server.clearRequests();
  return world;
}

describe("against a server that boots sandboxes", () => {
  test("resolves true over the stream alone, while the sandbox boots", async () => {
    const { server, client, id } = await start({ faults: { slowStart: { delayMs: 100 } } });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(await client.exec.run(id, { command: "echo hi" })).toMatchObject({ stdout: "hi\n", exitCode: 0 });
    expect([server.countRequests(streamRoute), server.countRequests(pollRoute)]).toEqual([1, 0]);
  });

  test("resolves true at once when the sandbox is ready already", async () => {
    const { server, client, id } = await start();
    await client.sandboxes.waitUntilReady(id);
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(server.countRequests(pollRoute)).toBe(0);
  });

  test("falls back to polling when the server has no stream, and asks for it once", async () => {
    const { server, client, id } = await start({ faults: { noStream: true, slowStart: { delayMs: 1_000 } } });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(server.countRequests(streamRoute)).toBe(1);
    expect(server.countRequests(pollRoute)).toBeGreaterThanOrEqual(2);
  });

  test("stream: false only polls", async () => {
    const { server, client, id } = await start();
    expect(await client.sandboxes.waitUntilReady(id, { stream: false })).toBe(true);
    expect(server.countRequests(streamRoute)).toBe(0);
  });

  test("resolves false when the server's stream gives up", async () => {
    const { server, client, id } = await start({ faults: { neverReady: true }, readinessStreamTimeoutMs: 50 });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(false);
    expect(server.countRequests(pollRoute)).toBe(0);
  });

  test("resolves false at its own deadline for a sandbox that never becomes ready", async () => {
    const { client, id } = await start({ faults: { neverReady: true } });
    expect(await client.sandboxes.waitUntilReady(id, { timeoutMs: 200 })).toBe(false);
    expect(await client.sandboxes.waitUntilReady(id, { timeoutMs: 200, stream: false })).toBe(false);
  });

  test("rejects with the reason and the id when the sandbox fails to boot", async () => {
    const { client, id } = await start({ faults: { bootFails: { reason: "no space left" }, slowStart: { delayMs: 50 } } });
    await expect(client.sandboxes.waitUntilReady(id)).rejects.toMatchObject({
      code: "SANDBOX_FAILED",
      sandboxId: id,
      message: expect.stringMatching(/no space left/),
    });
  });

  test("rejects when the sandbox is destroyed while it boots", async () => {
    const { server, client, id } = await start({ faults: { slowStart: { delayMs: 60_000 } } });
    const wait = client.sandboxes.waitUntilReady(id);
    const destroyed = (async () => {
      await expect.poll(() => server.connections().streams.readiness).toBe(1);
      await client.computers.destroy(id);
    })();
    await expect(wait).rejects.toMatchObject({ kind: "api" });
    await destroyed;
  });

  test("rejects with a 404 for an unknown id, though a missing stream is a 404 too", async () => {
    const { server, client } = await start();
    const wait = client.sandboxes.waitUntilReady("00000000-0000-4000-8000-000000000000");
    await expect(wait).rejects.toMatchObject({ kind: "api", status: 404 });
    expect([server.countRequests(streamRoute), server.countRequests(pollRoute)]).toEqual([1, 1]);
  });

  test("rejects at once on a wrong key", async () => {
    const { server, client, id } = await start({}, { apiKey: "msk_u_wrong" });
    await expect(client.sandboxes.waitUntilReady(id)).rejects.toMatchObject({ kind: "api", status: 401 });
    expect([server.countRequests(streamRoute), server.countRequests(pollRoute)]).toEqual([1, 0]);
  });

  test("asks the token function once more when the stream answers 401", async () => {
    const tokens = ["expired"];
    const { server, client, id } = await start({}, { token: () => tokens.shift() ?? server.apiKey });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(server.countRequests(streamRoute)).toBe(2);
  });

  test("asks the token function once more when a poll answers 401", async () => {
    const { server, client, id } = await start({ faults: { noStream: true } }, { token: () => tokens.shift() ?? server.apiKey });
    const tokens = [server.apiKey];
    server.faults.set("unauthorized", { times: 1, routes: [pollRoute] });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
  });
});

describe("against a server with faults", () => {
  const losses: Record<string, Partial<LocalFaults>> = {
    "is cut after its headers": { dropStream: true },
    "ends without a word": { dropStream: { clean: true } },
    "fails with 503": { serverError: { status: 503, routes: [streamRoute] } },
    "loses its connection": { cutConnection: { routes: [streamRoute] } },
  };

  test.each(Object.entries(losses))("polls when the stream %s", async (_, faults) => {
    const { server, client, id } = await start({ faults });
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(server.countRequests(pollRoute)).toBeGreaterThanOrEqual(1);
  });

  test("notices a stream that stalls after its headers, and polls", async () => {
    const { server, client, id } = await start({ faults: { stallStream: true } });
    expect(await client.sandboxes.waitUntilReady(id, { idleTimeoutMs: 100 })).toBe(true);
    expect(server.countRequests(streamRoute)).toBe(1);
    expect(server.countRequests(pollRoute)).toBeGreaterThanOrEqual(1);
  });

  test("notices a stall while there is time to poll, whatever the idle timeout", async () => {
    const { server, client, id } = await start({ faults: { stallStream: true } });
    expect(await client.sandboxes.waitUntilReady(id, { timeoutMs: 5_000 })).toBe(true);
    expect(server.countRequests(streamRoute)).toBe(1);
  });

  test("waits out the Retry-After of a stream that is rate limited", async () => {
    const { server, client, id } = await startReady();
    server.faults.set("rateLimited", { retryAfterSec: 1, times: 1, routes: [streamRoute] });
    const startedAtMs = performance.now();
    expect(await client.sandboxes.waitUntilReady(id)).toBe(true);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
    expect([server.countRequests(streamRoute), server.countRequests(pollRoute)]).toEqual([1, 1]);
  });

  test("waits out the Retry-After of a poll that is rate limited", async () => {
    const { server, client, id } = await startReady();
    server.faults.set("rateLimited", { retryAfterSec: 1, times: 1, routes: [pollRoute] });
    const startedAtMs = performance.now();
    expect(await client.sandboxes.waitUntilReady(id, { stream: false })).toBe(true);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
    expect(server.countRequests(pollRoute)).toBe(2);
  });

  test("resolves false, not later than its deadline, when Retry-After is longer", async () => {
    const { server, client, id } = await start({ faults: { rateLimited: { retryAfterSec: 3_600, routes: [pollRoute] } } });
    expect(await client.sandboxes.waitUntilReady(id, { stream: false, timeoutMs: 1_000 })).toBe(false);
    expect(server.countRequests(pollRoute)).toBe(1);
  });

  test("finds a ready sandbox by polling though the stream is rate limited each time", async () => {
    const { client, id } = await start({ faults: { rateLimited: { retryAfterSec: 1, routes: [streamRoute] } } });
    expect(await client.sandboxes.waitUntilReady(id, { timeoutMs: 30_000 })).toBe(true);
  });
});
