import { createLocalServer, type LocalServer, type LocalServerOptions } from "@miosa/local";
import { expectNoConnections } from "@miosa/local/testing";
import { afterEach, expect, test } from "vitest";
import { patienceMs } from "../../../../test/patience.js";
import { createMiosaClient } from "../createMiosaClient.js";
import type { MiosaClient } from "../client.js";
import { createLiveFeed } from "./createLiveFeed.js";
import type { LiveFeed, LiveFeedOptions, Watch } from "./types.js";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

interface Setup {
  server: LocalServer;
  miosa: MiosaClient;
  feed: LiveFeed;
}

async function setUp(serverOptions: LocalServerOptions = {}, feedOptions: LiveFeedOptions = {}): Promise<Setup> {
  const server = await createLocalServer(serverOptions);
  cleanUps.push(() => server.close());
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const feed = createLiveFeed(miosa, { pollIntervalMs: 20, ...feedOptions });
  cleanUps.push(() => feed.close());
  return { server, miosa, feed };
}

async function createMany(miosa: MiosaClient, count: number): Promise<string[]> {
  const sandboxes = await Promise.all(Array.from({ length: count }, () => miosa.sandboxes.create()));
  return sandboxes.map((sandbox) => sandbox.id);
}

/** Resolves once the condition holds; checked after each change that `onChange` reports. */
async function until(onChange: (listener: () => void) => () => void, holds: () => boolean, what: () => unknown): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = onChange(check);
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`Not within ${patienceMs} ms; last seen: ${JSON.stringify(what())}`));
    }, patienceMs);
    function check(): void {
      if (!holds()) return;
      clearTimeout(timer);
      stop();
      resolve();
    }
    check();
  });
}

const untilPhase = (watch: Watch, phase: string): Promise<void> =>
  until((listener) => watch.onChange(listener), () => watch.get().phase === phase, () => watch.get());

const untilFeed = (feed: LiveFeed, phase: string): Promise<void> =>
  until((listener) => feed.onStatus(listener), () => feed.status().phase === phase, () => feed.status());

function statusOf(watch: Watch): number | undefined {
  const snapshot = watch.get();
  return snapshot.phase === "failed" ? snapshot.error.status : undefined;
}

/** Fails unless the clients of a server come to rest: what was under way has ended, and nothing is asked for a while. */
async function expectRest(server: LocalServer): Promise<void> {
  const countNext = async (): Promise<number> => {
    const before = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300)); // fifteen times the polling interval
    return server.requests.length - before;
  };
  await expect.poll(countNext).toBe(0);
}

function requestsTo(server: LocalServer, route: string): number {
  return server.countRequests(route);
}

test("a single watch follows its own stream at once and opens no feed", async () => {
  const { server, miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 100 } } });
  const [id = ""] = await createMany(miosa, 1);
  const watch = feed.watch(id);
  await untilPhase(watch, "ready");
  expect(watch.get()).toMatchObject({ phase: "ready", source: "stream" });
  expect(requestsTo(server, "GET /events/stream")).toBe(0);
  expect(requestsTo(server, "GET /sandboxes/:id/readiness/stream")).toBe(1);
  await expectNoConnections(server);
});

test("from the third watch on, one connection carries them all", async () => {
  const { server, miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 1_500 } } });
  const ids = await createMany(miosa, 8);
  const watches = ids.map((id) => feed.watch(id));
  await untilFeed(feed, "open");
  await until((listener) => watches[0]?.onChange(listener) ?? listener, () => watches[0]?.get().source === "feed", () => watches[0]?.get());
  await expect.poll(() => server.connections().streams).toEqual({ readiness: 0, events: 1 });
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  expect(new Set(watches.map((watch) => watch.get().source))).toEqual(new Set(["feed"]));
  expect(server.connections().streams).toEqual({ readiness: 0, events: 1 });
});

test("many watches that join an open feed cost one list call together", async () => {
  const { server, miosa, feed } = await setUp();
  const stop = feed.onEvent(() => undefined);
  await untilFeed(feed, "open");
  const ids = await createMany(miosa, 12);
  for (const id of ids) await miosa.sandboxes.waitUntilReady(id);
  const listsBefore = requestsTo(server, "GET /computers");
  const probesBefore = requestsTo(server, "GET /sandboxes/:id/readiness");
  const watches = ids.map((id) => feed.watch(id));
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  expect(requestsTo(server, "GET /computers") - listsBefore).toBe(1);
  expect(requestsTo(server, "GET /sandboxes/:id/readiness") - probesBefore).toBe(0);
  stop();
});

test("an open feed asks about each watch once, and then leaves it to events", async () => {
  const { server, miosa, feed } = await setUp({ faults: { neverReady: true } });
  const watches = (await createMany(miosa, 6)).map((id) => feed.watch(id));
  await untilFeed(feed, "open");
  await Promise.all(watches.map((watch) => untilPhase(watch, "booting")));
  await expectRest(server);
});

test("without a feed, two watches have streams and the rest share one polling loop", async () => {
  const { server, miosa, feed } = await setUp({
    faults: { slowStart: { delayMs: 1_500 }, noStream: { routes: ["GET /events/stream"] } },
  });
  const ids = await createMany(miosa, 10);
  let mostStreams = 0;
  const watches = ids.map((id) => feed.watch(id));
  for (const watch of watches) {
    watch.onChange(() => {
      mostStreams = Math.max(mostStreams, server.connections().streams.readiness);
    });
  }
  await untilFeed(feed, "unavailable");
  await expect.poll(() => requestsTo(server, "GET /computers")).toBeGreaterThan(0);
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  expect(mostStreams).toBeLessThanOrEqual(2);
});

test("without a feed, a sandbox that is ready hands its stream on and makes nobody poll", async () => {
  const { server, miosa, feed } = await setUp(
    { faults: { slowStart: { delayMs: 1_500 }, noStream: { routes: ["GET /events/stream"] } } },
    { pollIntervalMs: 60_000 },
  );
  const ids = await createMany(miosa, 6);
  const watches = ids.map((id) => feed.watch(id));
  await untilFeed(feed, "unavailable");
  await expect.poll(() => requestsTo(server, "GET /sandboxes/:id/readiness")).toBe(4);
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  expect(watches.map((watch) => watch.get().source)).toEqual(ids.map(() => "stream"));
  expect(requestsTo(server, "GET /sandboxes/:id/readiness")).toBe(4);
});

test("a feed that is cut reopens, and what became ready meanwhile is found", async () => {
  const { server, miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 300 } } });
  const ids = await createMany(miosa, 5);
  const watches = ids.map((id) => feed.watch(id));
  await untilFeed(feed, "open");
  server.faults.set("cutConnection", { routes: ["GET /events/stream"] });
  server.cutConnections();
  await untilFeed(feed, "lost");
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  server.faults.clear("cutConnection");
  await untilFeed(feed, "open");
  await expect.poll(() => server.connections().streams).toEqual({ readiness: 0, events: 1 });
});

test("a sandbox destroyed while the feed was away is found to be gone when it is back", async () => {
  const { server, miosa, feed } = await setUp();
  const ids = await createMany(miosa, 6);
  const watches = ids.map((id) => feed.watch(id));
  await untilFeed(feed, "open");
  await Promise.all(watches.map((watch) => untilPhase(watch, "ready")));
  server.faults.set("cutConnection", { routes: ["GET /events/stream"] });
  server.cutConnections();
  await untilFeed(feed, "lost");
  await miosa.sandboxes.delete(ids[0] ?? "");
  server.faults.clear("cutConnection");
  await untilFeed(feed, "open");
  const gone = watches[0];
  if (!gone) throw new Error("There is no watch.");
  await untilPhase(gone, "failed");
  expect(watches.slice(1).map((watch) => watch.get().phase)).toEqual(["ready", "ready", "ready", "ready", "ready"]);
});

test("a destroyed sandbox shows as failed with the reason", async () => {
  const { miosa, feed } = await setUp();
  const stop = feed.onEvent(() => undefined);
  await untilFeed(feed, "open");
  const [id = ""] = await createMany(miosa, 1);
  const watch = feed.watch(id);
  await untilPhase(watch, "ready");
  await miosa.sandboxes.delete(id);
  await untilPhase(watch, "failed");
  expect(watch.get()).toMatchObject({ phase: "failed", error: { code: "SANDBOX_DESTROYED", sandboxId: id } });
  stop();
});

test("a watch that timed out still turns ready when the feed says so", async () => {
  const { miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 1_500 } } }, { timeoutMs: 100 });
  const stop = feed.onEvent(() => undefined);
  const [id = ""] = await createMany(miosa, 1);
  const watch = feed.watch(id);
  await untilPhase(watch, "timedOut");
  await untilPhase(watch, "ready");
  expect(watch.get()).toMatchObject({ phase: "ready", source: "feed" });
  stop();
});

test("retry starts the wait over", async () => {
  const { server, miosa, feed } = await setUp({ faults: { neverReady: true } }, { timeoutMs: 80 });
  const [id = ""] = await createMany(miosa, 1);
  const watch = feed.watch(id);
  await untilPhase(watch, "timedOut");
  await expectNoConnections(server);
  feed.retry(id);
  expect(watch.get().phase).toBe("connecting");
  await untilPhase(watch, "booting");
  await untilPhase(watch, "timedOut");
});

test("a watch closed and opened again in one go keeps its connection", async () => {
  const { server, miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 150 } } });
  const [id = ""] = await createMany(miosa, 1);
  feed.watch(id).close();
  const watch = feed.watch(id);
  await untilPhase(watch, "ready");
  expect(requestsTo(server, "GET /sandboxes/:id/readiness/stream")).toBe(1);
});

test("closing the last watch closes the feed", async () => {
  const { server, miosa, feed } = await setUp({ faults: { neverReady: true } });
  const watches = (await createMany(miosa, 4)).map((id) => feed.watch(id));
  await untilFeed(feed, "open");
  for (const watch of watches) watch.close();
  await untilFeed(feed, "idle");
  await expectNoConnections(server);
  expect(feed.status().watched).toBe(0);
});

test("closing the feed closes every stream", async () => {
  const { server, miosa, feed } = await setUp({ faults: { neverReady: true } });
  for (const id of await createMany(miosa, 2)) feed.watch(id);
  await expect.poll(() => server.connections().streams.readiness).toBe(2);
  feed.close();
  await expectNoConnections(server);
});

test("a wrong key shows on each watch and is not asked again and again", async () => {
  const { server, miosa } = await setUp();
  const ids = await createMany(miosa, 5);
  const wrong = createLiveFeed(createMiosaClient({ baseUrl: server.baseUrl, apiKey: "msk_u_wrong" }), { pollIntervalMs: 20 });
  cleanUps.push(() => wrong.close());
  const watches = ids.map((id) => wrong.watch(id));
  await Promise.all(watches.map((watch) => untilPhase(watch, "failed")));
  expect(watches.map((watch) => statusOf(watch))).toEqual(ids.map(() => 401));
  await expectRest(server);
});

test("a stream of one's own that falls silent is noticed as soon as the feed's options say", async () => {
  const { server, miosa, feed } = await setUp({ faults: { slowStart: { delayMs: 200 }, stallStream: true } }, { idleTimeoutMs: 50 });
  const [id = ""] = await createMany(miosa, 1);
  const watch = feed.watch(id);
  await untilPhase(watch, "ready");
  expect(watch.get()).toMatchObject({ source: "poll" });
  expect(requestsTo(server, "GET /events/stream")).toBe(0);
});

test.each(["timeoutMs", "idleTimeoutMs", "pollIntervalMs", "lingerMs"])("a %s that is no time is refused", async (name) => {
  const { miosa } = await setUp();
  for (const value of [-1, Number.NaN]) {
    expect(() => createLiveFeed(miosa, { [name]: value })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(name) }));
  }
});

test("an empty id or a negative deadline is refused before anything is opened", async () => {
  const { feed } = await setUp();
  expect(() => feed.watch("")).toThrow("id must be a non-empty string");
  expect(() => feed.watch("sb_1", { timeoutMs: -1 })).toThrow("timeoutMs must be a number");
  expect(feed.status()).toEqual({ phase: "idle", role: "alone", watched: 0 });
});
