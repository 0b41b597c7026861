import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { startLocalServer, type RemoteLocalServer } from "../../../../test/localServer.js";
import { createMiosaClient } from "../createMiosaClient.js";
import { createLiveFeed } from "./createLiveFeed.js";
import type { LiveFeed, LiveFeedOptions, Watch } from "./types.js";

/** Feeds in one page elect a leader just as tabs do: locks and channels do not know the difference. */
const feeds: LiveFeed[] = [];
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close();
});

function openTab(server: RemoteLocalServer, options: LiveFeedOptions = {}): LiveFeed {
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, dangerouslyAllowApiKeyInBrowser: true });
  const feed = createLiveFeed(miosa, { pollIntervalMs: 50, ...options });
  feeds.push(feed);
  feed.onEvent(() => undefined);
  return feed;
}

function clientOf(server: RemoteLocalServer): ReturnType<typeof createMiosaClient> {
  return createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, dangerouslyAllowApiKeyInBrowser: true });
}

const phases = (...tabs: LiveFeed[]): string[] => tabs.map((feed) => feed.status().phase);
const roles = (...tabs: LiveFeed[]): string[] => tabs.map((feed) => feed.status().role).toSorted();

test("three tabs hold one connection and all see a sandbox become ready", async () => {
  await using server = await startLocalServer({ faults: { slowStart: { delayMs: 600 } } });
  const tabs = [openTab(server), openTab(server), openTab(server)];
  await expect.poll(() => phases(...tabs)).toEqual(["open", "open", "open"]);
  expect(roles(...tabs)).toEqual(["follower", "follower", "leader"]);
  const { id } = await clientOf(server).sandboxes.create();
  const watches = tabs.map((feed) => feed.watch(id));
  await expect.poll(() => watches.map((watch) => watch.get().phase)).toEqual(["ready", "ready", "ready"]);
  expect((await server.connections()).streams).toEqual({ readiness: 0, events: 1 });
  expect(await server.countRequests("GET /events/stream")).toBe(1);
});

test("when the leader leaves, another tab takes over and misses nothing", async () => {
  await using server = await startLocalServer({ faults: { slowStart: { delayMs: 400 } } });
  const first = openTab(server);
  await expect.poll(() => roles(first)).toEqual(["leader"]);
  const second = openTab(server);
  await expect.poll(() => phases(first, second)).toEqual(["open", "open"]);
  const { id } = await clientOf(server).sandboxes.create();
  const watch: Watch = second.watch(id);
  first.close();
  await expect.poll(() => watch.get().phase).toBe("ready");
  await expect.poll(() => roles(second)).toEqual(["leader"]);
  await expect.poll(async () => (await server.connections()).streams).toEqual({ readiness: 0, events: 1 });
});

test("tabs with different credentials or keys never share", async () => {
  await using server = await startLocalServer({ apiKeys: ["msk_u_one", "msk_u_two"] });
  const open = (apiKey: string, options?: LiveFeedOptions): LiveFeed => {
    const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey, dangerouslyAllowApiKeyInBrowser: true });
    const feed = createLiveFeed(miosa, options);
    feeds.push(feed);
    feed.onEvent(() => undefined);
    return feed;
  };
  const tabs = [
    open("msk_u_one"),
    open("msk_u_two"),
    open("msk_u_one", { acrossTabs: { key: "ann" } }),
    open("msk_u_one", { acrossTabs: { key: "bob" } }),
    open("msk_u_one", { acrossTabs: false }),
  ];
  await expect.poll(() => phases(...tabs)).toEqual(["open", "open", "open", "open", "open"]);
  expect(roles(...tabs)).toEqual(["alone", "leader", "leader", "leader", "leader"]);
  expect((await server.connections()).streams.events).toBe(5);
});

test("behind a gateway, where the page has no credential, tabs share only with a key", async () => {
  await using server = await startLocalServer();
  const client = createMiosaClient({ baseUrl: server.baseUrl });
  expect(await client.identity()).toBeUndefined();
  expect(await client.identity("ann")).toMatch(/^[0-9a-f]{32}$/);
});

test("a frozen leader loses the lead", { timeout: 120_000 }, async () => {
  await using server = await startLocalServer();
  const name = `miosa-feed:${await clientOf(server).identity()}`;
  let thaw = (): void => undefined;
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve;
  });
  let broken: unknown;
  await new Promise<void>((held) => {
    const frozen = navigator.locks.request(name, () => {
      held();
      return thawed;
    });
    frozen.catch((error: unknown) => {
      broken = error;
    });
  });
  const tab = openTab(server);
  expect(roles(tab)).not.toEqual(["leader"]);
  await expect.poll(() => roles(tab), { timeout: 60_000 }).toEqual(["leader"]);
  await expect.poll(() => phases(tab)).toEqual(["open"]);
  expect(broken).toMatchObject({ name: "AbortError" });
  thaw();
});

test("a sandboxed frame, to which the browser refuses locks, has a connection of its own", async () => {
  await using server = await startLocalServer();
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.srcdoc = "<script>navigator.locks.request('any', () => 0).catch(({ name }) => parent.postMessage(name, '*'))</script>";
  const refusal = new Promise<unknown>((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
  document.body.append(frame);
  onTestFinished(() => frame.remove());
  expect(await refusal).toBe("SecurityError");

  // What the frame was told is told here, where the test can look on.
  let asked = 0;
  const refuse = vi.spyOn(navigator.locks, "request").mockImplementation(async () => {
    asked += 1;
    throw new DOMException("Access to the Locks API is denied in this context.", "SecurityError");
  });
  onTestFinished(() => refuse.mockRestore());
  const tab = openTab(server);
  await expect.poll(() => phases(tab)).toEqual(["open"]);
  expect([asked, ...roles(tab)]).toEqual([1, "alone"]);
  tab.close();
  await expect.poll(async () => (await server.connections()).streams.events).toBe(0);
});
