import { createMiosaClient, type ReadinessSnapshot } from "@miosa/core";
import { describe, expect, test } from "vitest";
import { type RemoteLocalServer, startLocalServer } from "../../../../test/localServer.js";
import type { PageServerOptions } from "../../../../test/browserCommands.js";

const streamRoute = "GET /sandboxes/:id/readiness/stream";
const pollRoute = "GET /sandboxes/:id/readiness";

async function start(options: PageServerOptions = {}): Promise<RemoteLocalServer & { client: ReturnType<typeof createMiosaClient>; id: string }> {
  const server = await startLocalServer(options);
  const client = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, dangerouslyAllowApiKeyInBrowser: true });
  const { id } = await client.sandboxes.create();
  return { ...server, client, id };
}

async function expectNoStreams(server: RemoteLocalServer): Promise<void> {
  await expect.poll(async () => (await server.connections()).streams.readiness).toBe(0);
}

describe("a wait in a page", () => {
  test("resolves true over the stream alone", async () => {
    await using server = await start({ faults: { slowStart: { delayMs: 100 } } });
    expect(await server.client.sandboxes.waitUntilReady(server.id)).toBe(true);
    expect(await server.countRequests(streamRoute)).toBe(1);
    expect(await server.countRequests(pollRoute)).toBe(0);
    await expectNoStreams(server);
  });

  test("falls back to polling when the server has no stream", async () => {
    await using server = await start({ faults: { noStream: true, slowStart: { delayMs: 100 } } });
    expect(await server.client.sandboxes.waitUntilReady(server.id)).toBe(true);
    expect(await server.countRequests(streamRoute)).toBe(1);
  });

  test("polls when the stream is cut after its headers", async () => {
    await using server = await start({ faults: { dropStream: true } });
    expect(await server.client.sandboxes.waitUntilReady(server.id)).toBe(true);
  });

  test("notices a stream that stalls, and polls", async () => {
    await using server = await start({ faults: { stallStream: true } });
    expect(await server.client.sandboxes.waitUntilReady(server.id, { idleTimeoutMs: 200 })).toBe(true);
    await expectNoStreams(server);
  });

  test("resolves false at the deadline, and closes the connection", async () => {
    await using server = await start({ faults: { neverReady: true } });
    expect(await server.client.sandboxes.waitUntilReady(server.id, { timeoutMs: 200 })).toBe(false);
    await expectNoStreams(server);
  });

  test("rejects with the caller's own reason when aborted, and closes the connection", async () => {
    await using server = await start({ faults: { neverReady: true } });
    const controller = new AbortController();
    const reason = { left: "the page" };
    const wait = server.client.sandboxes.waitUntilReady(server.id, { signal: controller.signal });
    const aborted = (async () => {
      await expect.poll(async () => (await server.connections()).streams.readiness).toBe(1);
      controller.abort(reason);
    })();
    await expect(wait).rejects.toBe(reason);
    await aborted;
    await expectNoStreams(server);
  });

  test("closes the connection when the loop over a watch is left", async () => {
    await using server = await start({ faults: { neverReady: true } });
    for await (const { phase } of server.client.sandboxes.watchReadiness(server.id)) if (phase === "booting") break;
    expect(await server.countRequests(streamRoute)).toBe(1);
    await expectNoStreams(server);
  });
});

describe("a page that wakes up", () => {
  /** Long enough that only a wake-up ends a pause within the test. */
  const patient = { pollIntervalMs: 300_000, timeoutMs: 600_000 };

  test("asks again at once when it is back online", async () => {
    await using server = await start({ faults: { slowStart: { delayMs: 500 } } });
    await server.setFault("cutConnection", { routes: [streamRoute, pollRoute] });
    const seen: string[] = [];
    const drained = (async () => {
      for await (const { phase, source } of server.client.sandboxes.watchReadiness(server.id, patient)) seen.push(`${phase} by ${source}`);
    })();
    await expect.poll(() => server.countRequests(pollRoute)).toBeGreaterThan(0);
    await server.clearFaults("cutConnection");
    const waking = setInterval(() => window.dispatchEvent(new Event("online")), 100);
    await drained;
    clearInterval(waking);
    expect([seen[0], seen[1], seen.at(-1)]).toEqual(["connecting by stream", "connecting by poll", "ready by stream"]);
  });

  test("opens its stream afresh when it comes back from the back-forward cache, and only then", async () => {
    await using server = await start({ faults: { neverReady: true } });
    const states: ReadinessSnapshot[] = [];
    const watch = server.client.sandboxes.watchReadiness(server.id, patient);
    const drained = (async () => {
      for await (const state of watch) states.push(state);
    })();
    await expect.poll(() => server.countRequests(streamRoute)).toBe(1);
    await expect.poll(() => states.at(-1)?.phase).toBe("booting");

    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false }));
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    await expect.poll(() => server.countRequests(streamRoute)).toBe(2);
    await expect.poll(async () => (await server.connections()).streams.readiness).toBe(1);
    expect(await server.countRequests(pollRoute)).toBe(0);

    await watch.return();
    await drained;
    await expectNoStreams(server);
  });

  test("ends a pause between polls when the frozen tab resumes", async () => {
    await using server = await start({ faults: { noStream: true, slowStart: { delayMs: 400 } } });
    const wait = server.client.sandboxes.waitUntilReady(server.id, patient);
    await expect.poll(() => server.countRequests(pollRoute)).toBe(1);
    const waking = setInterval(() => document.dispatchEvent(new Event("resume")), 100);
    expect(await wait).toBe(true);
    clearInterval(waking);
  });
});
