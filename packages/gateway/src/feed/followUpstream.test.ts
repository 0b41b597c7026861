import { expect, onTestFinished, test } from "vitest";
import { reconnected, startFeed } from "../../test/startFeed.js";

test("an upstream that opens each stream and cuts it at once is asked ever more rarely", async () => {
  const parts = await startFeed();
  await parts.browser("acme");
  const cutting = setInterval(() => parts.upstream.cut(), 5);
  onTestFinished(() => clearInterval(cutting));
  await expect.poll(() => parts.upstream.askedAtMs.length).toBeGreaterThanOrEqual(4);
  const pausesMs = parts.upstream.askedAtMs.slice(1).map((atMs, index) => atMs - (parts.upstream.askedAtMs[index] ?? 0));
  for (const [index, leastMs] of [125, 250, 500].entries()) expect(pausesMs[index]).toBeGreaterThanOrEqual(leastMs - 1);
});

test("an upstream stream that is cut is resumed without the browsers noticing", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  parts.upstream.emit("acme-2");
  expect([await browser.next(), await browser.next()]).toEqual(["evt_1 sandbox.ready acme-1", "evt_2 sandbox.ready acme-2"]);
  parts.upstream.cut();
  parts.upstream.emit("acme-3");
  await reconnected(parts.upstream);
  parts.upstream.emit("acme-4");
  expect([await browser.next(), await browser.next()]).toEqual(["evt_3 sandbox.ready acme-3", "evt_4 sandbox.ready acme-4"]);
  // It asked for one event more than it needed: that one came again, so nothing was missed.
  expect(parts.upstream.resumedFrom).toEqual([undefined, "evt_1"]);
});

test("an API that cannot resume makes the browsers recheck", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  parts.upstream.emit("acme-2");
  await browser.next();
  await browser.next();
  parts.upstream.resumes = false;
  parts.upstream.cut();
  parts.upstream.emit("acme-3");
  await reconnected(parts.upstream);
  parts.upstream.emit("acme-4");
  expect(await browser.next()).toBe("recheck feed.recheck feed");
  expect(await browser.next()).toBe("evt_4 sandbox.ready acme-4");

  const later = await parts.browser("acme", "evt_1");
  expect(await later.next()).toBe("evt_4 feed.recheck feed");
});

test("an API that resumes silently into nothing makes the browsers recheck after a moment", async () => {
  const parts = await startFeed();
  const browser = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  parts.upstream.emit("acme-2");
  await browser.next();
  await browser.next();
  parts.upstream.resumes = false;
  parts.upstream.cut();
  expect(await browser.next()).toBe("recheck feed.recheck feed");
});

test.each([
  [404, 404],
  [405, 405],
  [500, 502],
  [401, 502],
])("an API that answers %i to its feed is answered as %i, and asked again later", async (status, expected) => {
  const parts = await startFeed();
  parts.upstream.status = status;
  expect((await parts.request("acme")).status).toBe(expected);
  parts.upstream.status = 200;
  const browser = await parts.browser("acme");
  parts.upstream.emit("acme-1");
  expect(await browser.next()).toContain("acme-1");
});
