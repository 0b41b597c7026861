import { setTimeout as wait } from "node:timers/promises";
import { createLocalServer, type LocalServer } from "@miosa/local";
import { expectNoConnections } from "@miosa/local/testing";
import { expect, onTestFinished, test } from "vitest";
import type { MiosaClient } from "../client.js";
import { createMiosaClient } from "../createMiosaClient.js";
import { createLiveFeed } from "./createLiveFeed.js";
import type { LiveFeed, LiveFeedOptions } from "./types.js";

interface Setup {
  server: LocalServer;
  miosa: MiosaClient;
  feed: LiveFeed;
  /** The phases that the feed went through. */
  phases: string[];
}

/** A feed that is open, for a listener that has just gone. */
async function setUp(options: LiveFeedOptions): Promise<Setup> {
  const server = await createLocalServer();
  onTestFinished(() => server.close());
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const feed = createLiveFeed(miosa, options);
  onTestFinished(() => feed.close());
  const phases: string[] = [];
  feed.onStatus(() => phases.push(feed.status().phase));
  const stop = feed.onEvent(() => undefined);
  await expect.poll(() => feed.status().phase).toBe("open");
  stop();
  await nextPage();
  return { server, miosa, feed, phases };
}

/** Long enough for everything that is put off to the next task. */
const nextPage = (): Promise<void> => wait(20);

test("a listener that comes back soon finds the connection still open", async () => {
  const { server, feed, phases } = await setUp({ lingerMs: 15_000 });
  for (let page = 0; page < 3; page++) {
    feed.onEvent(() => undefined)();
    await nextPage();
  }
  expect(phases).toEqual(["connecting", "open"]);
  expect(server.countRequests("GET /events/stream")).toBe(1);
});

test("a watch that comes back soon is carried by the connection that is still open", async () => {
  const { server, miosa, feed } = await setUp({ lingerMs: 15_000 });
  const { id } = await miosa.sandboxes.create();
  const watch = feed.watch(id);
  await expect.poll(() => watch.get()).toMatchObject({ phase: "ready", source: "feed" });
  expect(server.countRequests("GET /events/stream")).toBe(1);
  expect(server.countRequests("GET /sandboxes/:id/readiness/stream")).toBe(0);
});

test("the connection is closed when nobody has come back in time", async () => {
  const { server, feed } = await setUp({ lingerMs: 60 });
  await expect.poll(() => feed.status().phase).toBe("idle");
  await expectNoConnections(server);
});

test("the connection stays for as long as somebody has come back, and the time begins anew when the last one leaves", async () => {
  const { server, feed, phases } = await setUp({ lingerMs: 2_000 });
  const stop = feed.onEvent(() => undefined);
  await wait(2_200); // longer than it lingers
  expect(phases).toEqual(["connecting", "open"]);
  stop();
  await expect.poll(() => feed.status().phase).toBe("idle");
  await expectNoConnections(server);
});

test("a feed that is closed does not linger", async () => {
  const { server, feed } = await setUp({ lingerMs: Number.POSITIVE_INFINITY });
  expect(server.connections().streams.events).toBe(1);
  feed.close();
  await expectNoConnections(server);
});

test("a connection that is lost while it lingers is given up when the time is over", async () => {
  const { server, phases } = await setUp({ lingerMs: 1_000 });
  server.faults.set("cutConnection", { routes: ["GET /events/stream"] });
  server.cutConnections();
  await expect.poll(() => phases.at(-1)).toBe("idle");
  expect(phases).toContain("lost");
  await expectNoConnections(server);
});

test("one who listens again is told of a gap only where events went by meanwhile, and once", async () => {
  const { miosa, feed } = await setUp({ lingerMs: 15_000 });
  let gaps = 0;
  feed.onGap(() => (gaps += 1));
  feed.onEvent(() => undefined)();
  await nextPage();
  expect(gaps).toBe(0);

  const { id } = await miosa.sandboxes.create();
  const watch = feed.watch(id);
  await expect.poll(() => watch.get().phase).toBe("ready");
  await miosa.sandboxes.delete(id);
  await expect.poll(() => watch.get().phase).toBe("failed"); // by its event, which nobody listened for
  expect(gaps).toBe(0);
  feed.onEvent(() => undefined);
  feed.onEvent(() => undefined);
  await nextPage();
  expect(gaps).toBe(1);
});
