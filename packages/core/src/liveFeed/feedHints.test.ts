import type { ServerResponse } from "node:http";
import { startRawServer } from "@miosa/local/testing";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../../../test/waitUntil.js";
import { createMiosaClient } from "../createMiosaClient.js";
import { createLiveFeed } from "./createLiveFeed.js";
import type { Watch } from "./types.js";

/** An open feed that watches one booting sandbox, which has been asked about once; the test decides what the server says from then on. */
async function watchBooting(): Promise<{ watch: Watch; send: (...types: string[]) => void; asked: () => number; becomeReady: () => void }> {
  let events: ServerResponse | undefined;
  let asked = 0;
  let isReady = false;
  const server = await startRawServer((request, response) => {
    if (request.url?.startsWith("/events/stream")) {
      events = response.writeHead(200, { "content-type": "text/event-stream" });
      events.write(":\n\n");
      return;
    }
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ sandbox_id: "one", ready: isReady, status: isReady ? "ready" : "booting" }));
  });
  const feed = createLiveFeed(createMiosaClient({ baseUrl: server.url, apiKey: "msk_u_test", retries: 0 }), { acrossTabs: false });
  onTestFinished(async () => {
    feed.close();
    await server.close();
  });
  feed.onEvent(() => undefined);
  await waitUntil(() => feed.status().phase === "open");
  const watch = feed.watch("one");
  await waitUntil(() => watch.get().phase === "booting");
  let id = 0;
  const send = (...types: string[]): void => void events?.write(types.map((type) => `id: ${++id}\nevent: ${type}\ndata: {"id":"one","type":"${type}"}\n\n`).join(""));
  return { watch, send, asked: () => asked, becomeReady: () => void (isReady = true) };
}

/** Longer than the feed waits for a ready event after a running one. */
const aLittleLater = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));

test("a sandbox whose ready event follows its running event is not asked about", async () => {
  const { watch, send, asked } = await watchBooting();
  const before = asked();
  send("sandbox.running", "sandbox.ready");
  await waitUntil(() => watch.get().phase === "ready");
  await aLittleLater();
  expect(asked() - before).toBe(0);
});

test("a sandbox that runs and of which no ready event comes is asked about once", async () => {
  const { watch, send, asked, becomeReady } = await watchBooting();
  const before = asked();
  send("sandbox.running");
  await expect.poll(() => asked() - before).toBe(1);
  await aLittleLater();
  expect(asked() - before).toBe(1);
  expect(watch.get().phase).toBe("booting");
  becomeReady();
  send("sandbox.resumed");
  await waitUntil(() => watch.get().phase === "ready");
});

test("a watch that was closed while a ready event was waited for asks nothing", async () => {
  const { watch, send, asked } = await watchBooting();
  const before = asked();
  send("sandbox.running");
  watch.close();
  await aLittleLater();
  expect(asked() - before).toBe(0);
});
