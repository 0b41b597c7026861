import { expect, onTestFinished, test } from "vitest";
import { startLocalServer } from "../../../../test/localServer.js";
import { createMiosaClient } from "../createMiosaClient.js";
import { createLiveFeed } from "../liveFeed/createLiveFeed.js";

test.each([
  ["back online", () => window.dispatchEvent(new Event("online"))],
  ["back from sleep", () => document.dispatchEvent(new Event("resume"))],
  ["back from the cache of pages", () => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))],
])("a page that is %s has its live feed anew at once", async (_, wake) => {
  await using server = await startLocalServer();
  const miosa = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, dangerouslyAllowApiKeyInBrowser: true });
  const feed = createLiveFeed(miosa, { acrossTabs: false });
  onTestFinished(feed.close);
  let gaps = 0;
  feed.onGap(() => (gaps += 1));
  feed.onEvent(() => undefined);
  await expect.poll(() => feed.status().phase).toBe("open");
  wake();
  await expect.poll(() => gaps).toBe(2);
  expect(feed.status().phase).toBe("open");
  await expect.poll(async () => (await server.connections()).streams).toEqual({ readiness: 0, events: 1 });
  expect(await server.countRequests("GET /events/stream")).toBe(2);
});
