import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startFeedUpstream } from "../../test/feedUpstream.js";
import { follow } from "../../test/followFeed.js";
import { connected, startFeed } from "../../test/startFeed.js";
import { createEventFeed } from "../parts.js";
import type { FeedPosition } from "./eventFeed.js";

test("a hundred browsers share one upstream stream and get their own tenant's events in order", async () => {
  const { upstream, browser } = await startFeed().then((parts) => ({ ...parts, browser: parts.browser.bind(parts) }));
  const acme = await Promise.all(Array.from({ length: 50 }, () => browser("acme")));
  const globex = await Promise.all(Array.from({ length: 50 }, () => browser("globex")));
  for (const id of ["acme-1", "globex-1", "acme-2", "globex-2", "initech-1"]) upstream.emit(id);
  for (const follower of acme) expect([await follower.next(), await follower.next()]).toEqual(["evt_1 sandbox.ready acme-1", "evt_3 sandbox.ready acme-2"]);
  for (const follower of globex) expect([await follower.next(), await follower.next()]).toEqual(["evt_2 sandbox.ready globex-1", "evt_4 sandbox.ready globex-2"]);
  expect(upstream.resumedFrom).toHaveLength(1);
  expect(upstream.lookups).toHaveLength(5);
});

test("a browser that comes back gets what it missed of its own tenant's, once", async () => {
  const parts = await startFeed();
  const other = await parts.browser("acme");
  const first = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  expect(await first.next()).toBe("evt_1 sandbox.ready acme-1");
  await first.leave();
  for (const id of ["globex-1", "acme-2", "acme-3"]) parts.upstream.emit(id);
  for (let event = 0; event < 3; event++) await other.next();

  const second = await parts.browser("acme", first.lastEventId());
  expect([await second.next(), await second.next()]).toEqual(["evt_3 sandbox.ready acme-2", "evt_4 sandbox.ready acme-3"]);
  parts.upstream.emit("acme-4");
  expect(await second.next()).toBe("evt_5 sandbox.ready acme-4");
});

test("a browser that comes back with an unknown id is told to recheck, and resumes from there", async () => {
  const parts = await startFeed({ limits: { replayEvents: 2 } });
  const other = await parts.browser("acme");
  for (let event = 0; event < 6; event++) parts.upstream.emit("acme-1");
  for (let event = 0; event < 6; event++) await other.next();
  const back = await parts.browser("acme", "evt_1");
  expect(await back.next()).toBe("evt_6 feed.recheck feed");
  parts.upstream.emit("acme-2");
  expect(await back.next()).toBe("evt_7 sandbox.ready acme-2");
});

test("a quiet stream beats, so that nobody between takes it for dead", async () => {
  const parts = await startFeed({ limits: { heartbeatMs: 20 } });
  const response = await parts.request("acme");
  const reader = response.body?.getReader();
  let text = "";
  while ((text.match(/: heartbeat\n\n/g) ?? []).length < 3) text += new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  expect(text).toMatch(/^: connected\n\n(: heartbeat\n\n)+$/);
});

test("a tenant's streams on the feed are counted by the feed itself", async () => {
  const upstream = await startFeedUpstream();
  onTestFinished(() => upstream.close());
  const feed = createEventFeed({ apiKey: "msk_p_key", upstream: upstream.baseUrl, limits: { concurrentStreams: 1 } });
  onTestFinished(() => feed.close());
  const open = (externalWorkspaceId: string) =>
    feed.open({ session: { externalWorkspaceId, can: ["read"] }, types: null, lastEventId: null, signal: new AbortController().signal, onClose: () => {} });
  await open("acme");
  await expect(open("acme")).rejects.toMatchObject({ status: 429 });
  await open("globex");
});

test("a browser that does not read is cut off, and the others go on", async () => {
  const parts = await startFeed({ limits: { slowReaderBytes: 16_384 } });
  const { hostname, port } = new URL(parts.server.baseUrl);
  const slow = connect(Number(port), hostname);
  onTestFinished(() => void slow.destroy());
  slow.write("GET /api/miosa/events/stream HTTP/1.1\r\nHost: x\r\nCookie: acme\r\n\r\n");
  await once(slow, "readable");
  slow.pause();
  const brisk = await parts.browser("acme");
  const more = { reason: "x".repeat(4_000) };
  // The kernel's buffers swallow some megabytes before the gateway notices.
  for (let event = 0; event < 4_000; event++) {
    parts.upstream.emit("acme-1", "sandbox.ready", more);
    expect(await brisk.next()).toContain("acme-1");
  }
  slow.resume();
  await expect.poll(() => slow.closed).toBe(true);
  parts.upstream.emit("acme-2");
  expect(await brisk.next()).toContain("acme-2");
});

test("closing the gateway ends every stream, upstream too", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.gateway.close();
  await expect(browser.next()).rejects.toThrow("The feed has ended.");
  await connected(parts.upstream, 0);
});

test("a feed stream ends with its session", async () => {
  const parts = await startFeed({ authorize: () => ({ externalWorkspaceId: "acme", can: ["read"], expiresAtMs: Date.now() + 150 }) });
  const browser = await parts.browser("acme");
  await expect(browser.next()).rejects.toThrow("The feed has ended.");
});

test("a feed that is made anew resumes from the position that was kept", async () => {
  const upstream = await startFeedUpstream();
  onTestFinished(() => upstream.close());
  let kept: FeedPosition = [];
  const store = { load: () => Promise.resolve(kept), save: (position: FeedPosition) => (kept = position) };
  const session = { externalWorkspaceId: "acme", can: ["read"] } as const;
  const gone = new AbortController();
  const open = async (feed: ReturnType<typeof createEventFeed>, lastEventId: string | null) =>
    follow(await feed.open({ session, types: null, lastEventId, signal: gone.signal, onClose: () => {} }));

  const before = createEventFeed({ apiKey: "msk_p_key", upstream: upstream.baseUrl, store });
  const browser = await open(before, null);
  upstream.emit("acme-1");
  upstream.emit("acme-2");
  await browser.next();
  await browser.next();
  before.close();
  await connected(upstream, 0);
  upstream.emit("acme-3");

  const after = createEventFeed({ apiKey: "msk_p_key", upstream: upstream.baseUrl, store });
  onTestFinished(() => after.close());
  const back = await open(after, browser.lastEventId() ?? null);
  expect(await back.next()).toBe("evt_3 sandbox.ready acme-3");
  expect(upstream.resumedFrom).toEqual([undefined, "evt_1"]);
  const older = await open(after, "evt_1");
  expect(await older.next()).toBe("evt_3 feed.recheck feed");
});
