import { expect, test } from "vitest";
import { startFeed } from "../../test/startFeed.js";

test("the owner of a sandbox is looked up once for all of its events", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  for (let event = 0; event < 20; event++) parts.upstream.emit("acme-1");
  for (let event = 0; event < 20; event++) await browser.next();
  expect(parts.upstream.lookups).toEqual(["acme-1"]);
});

test("an event that the API sends twice is handed on once", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  const eventId = parts.upstream.emit("acme-1");
  parts.upstream.repeat(eventId);
  parts.upstream.emit("acme-2");
  expect([await browser.next(), await browser.next()]).toEqual(["evt_1 sandbox.ready acme-1", "evt_2 sandbox.ready acme-2"]);
});

test("an owner that cannot be looked up makes the browsers recheck, and shows the event to nobody", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.upstream.lookupStatus = 500;
  parts.upstream.emit("acme-1");
  expect(await browser.next()).toBe("recheck feed.recheck feed");
  parts.upstream.lookupStatus = 200;
  parts.upstream.emit("acme-1");
  expect(await browser.next()).toBe("evt_2 sandbox.ready acme-1");
});

test("an owner that is not found in time holds nobody else's events up", async () => {
  const parts = await startFeed({ limits: { feedLookupMs: 100 } });
  const browser = await parts.browser("acme");
  parts.upstream.lookupStatus = 0;
  parts.upstream.emit("globex-1");
  await expect.poll(() => parts.upstream.lookups).toEqual(["globex-1"]);
  parts.upstream.lookupStatus = 200;
  parts.upstream.emit("acme-1");
  expect([await browser.next(), await browser.next()]).toEqual(["recheck feed.recheck feed", "evt_2 sandbox.ready acme-1"]);
});

test("a destroyed sandbox is looked up anew for the next request", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  const get = () => fetch(`${parts.server.baseUrl}/api/miosa/computers/acme-1`, { headers: { cookie: "acme" } });
  expect((await get()).status).toBe(200);
  parts.upstream.emit("acme-1", "sandbox.destroyed");
  await browser.next();
  expect(parts.upstream.lookups).toHaveLength(2);
  expect((await get()).status).toBe(200);
  // Once for whose it is, which the claim would have answered before, and once for the sandbox itself.
  expect(parts.upstream.lookups).toHaveLength(4);
});

test("the event of a sandbox's end reaches its owner though the sandbox is gone", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  await browser.next();
  parts.upstream.lookupStatus = 404;
  parts.upstream.emit("acme-1", "sandbox.destroyed");
  expect(await browser.next()).toBe("evt_2 sandbox.destroyed acme-1");
});
