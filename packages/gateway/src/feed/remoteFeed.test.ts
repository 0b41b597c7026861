import { expect, onTestFinished, test } from "vitest";
import { startFeedUpstream } from "../../test/feedUpstream.js";
import { follow } from "../../test/followFeed.js";
import { createEventFeed } from "../parts.js";
import type { GatewaySession } from "../session.js";
import { createRemoteFeed, serveFeed } from "./remoteFeed.js";

async function start() {
  const upstream = await startFeedUpstream();
  onTestFinished(() => upstream.close());
  const feed = createEventFeed({ apiKey: "msk_p_key", upstream: upstream.baseUrl, limits: { concurrentStreams: 2 } });
  onTestFinished(() => feed.close());
  const serve = serveFeed(feed);
  const remote = createRemoteFeed((url, init) => serve(new Request(url, init)));
  let closed = 0;
  const open = (externalWorkspaceId: string, more: Partial<Parameters<typeof remote.open>[0]> = {}) => {
    const session: GatewaySession = { externalWorkspaceId, can: ["read"] };
    return remote.open({ session, types: null, lastEventId: null, signal: new AbortController().signal, onClose: () => (closed += 1), ...more });
  };
  return { upstream, serve, open, closed: () => closed };
}

test("a feed elsewhere serves each session its own tenant's events, whatever the tenant is called", async () => {
  const { upstream, open, closed } = await start();
  const browser = follow(await open("zahnärzte ☃"));
  upstream.emit("other-1");
  upstream.emit("sbx-1", "sandbox.ready", { external_workspace_id: "zahnärzte ☃", external_user_id: null });
  expect(await browser.next()).toBe("evt_2 sandbox.ready sbx-1");
  expect(closed()).toBe(1);
});

test("the filter and the position travel along", async () => {
  const { upstream, open } = await start();
  const other = follow(await open("acme"));
  upstream.emit("acme-1");
  upstream.emit("acme-2", "computer.running");
  await other.next();
  await other.next();
  const browser = follow(await open("acme", { types: "computer.*", lastEventId: "evt_1" }));
  expect(await browser.next()).toBe("evt_2 computer.running acme-2");
});

test("a refusal elsewhere is the same refusal here", async () => {
  const { upstream, open } = await start();
  upstream.status = 404;
  await expect(open("acme")).rejects.toMatchObject({ status: 404, code: "NOT_FOUND" });
  upstream.status = 200;
  await open("acme");
  await open("acme");
  await expect(open("acme")).rejects.toMatchObject({ status: 429, extra: { retryAfterSec: 1 } });
});

test("a browser that goes takes no place elsewhere any more", async () => {
  const { open } = await start();
  await open("acme");
  const second = await open("acme");
  await second.body?.cancel();
  await expect(open("acme")).resolves.toMatchObject({ status: 200 });
});

test("a feed that cannot be reached, or answers something else, is a 502", async () => {
  const session: GatewaySession = { externalWorkspaceId: "acme", can: ["read"] };
  const request = { session, types: null, lastEventId: null, signal: new AbortController().signal, onClose: () => {} };
  await expect(createRemoteFeed(() => Promise.reject(new Error("gone"))).open(request)).rejects.toMatchObject({ status: 502 });
  await expect(createRemoteFeed(() => Promise.resolve(Response.json({ no: "code" }, { status: 500 }))).open(request)).rejects.toMatchObject({ status: 502 });
});

test.each(["", "null", "{}", '{"session":{"can":["read"]}}', '{"session":{"externalWorkspaceId":"","can":["read"]}}', "not JSON"])(
  "a request that says %j as its session gets nothing",
  async (asked) => {
    const { serve } = await start();
    const response = await serve(new Request("https://feed.internal/", { headers: { "x-miosa-feed-request": asked } }));
    expect(response.status).toBe(500);
  },
);
