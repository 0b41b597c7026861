import { startRawServer } from "@miosa/local/testing";
import { expect, onTestFinished, test } from "vitest";
import { answerJson } from "../../test/rawTransport.js";
import { createMiosaClient } from "../createMiosaClient.js";
import type { MiosaEvent } from "../events/types.js";
import type { LiveFeed, LiveFeedPhase } from "../liveFeed/types.js";
import { createLiveSandboxes } from "./createLiveSandboxes.js";
import { createSandboxCache } from "./createSandboxCache.js";

/** A feed that says what the test tells it to, a storage that records what it is asked to refresh, and a server that fails. */
async function startPage({ phase = "idle", refresh }: { phase?: LiveFeedPhase; refresh?: () => Promise<void> } = {}) {
  const server = await startRawServer((_, response) => answerJson(response, 500, {}));
  onTestFinished(() => server.close());
  const eventListeners = new Set<(event: MiosaEvent) => void>();
  const gapListeners = new Set<() => void>();
  const listenIn = <Listener>(all: Set<Listener>) => (listener: Listener): (() => void) => {
    all.add(listener);
    return () => void all.delete(listener);
  };
  const feed: LiveFeed = {
    watch: () => ({ id: "", get: () => ({ phase: "connecting", source: "feed", startedAtMs: 0 }), onChange: () => () => undefined, close: () => undefined }),
    retry: () => undefined,
    onEvent: listenIn(eventListeners),
    onGap: listenIn(gapListeners),
    status: () => ({ phase, role: "alone", watched: 0 }),
    onStatus: () => () => undefined,
    close: () => undefined,
  };
  const refreshed: string[] = [];
  const cache = createSandboxCache({
    lists: () => [{ filter: {}, rows: [], put: () => undefined }],
    get: () => undefined,
    put: () => undefined,
    add: () => undefined,
    batch: (change) => change(),
    async refresh(what) {
      refreshed.push(what);
      await refresh?.();
    },
  });
  return {
    goLive: createLiveSandboxes(createMiosaClient({ baseUrl: server.url, retries: 0 }), feed, () => cache),
    refreshed,
    listeners: () => eventListeners.size,
    gap: () => gapListeners.forEach((listener) => listener()),
    tell: (id: string) => eventListeners.forEach((listener) => listener({ type: "sandbox.created", resourceId: id, eventId: "", at: null })),
  };
}

/** Unhandled rejections until the test is over. */
function collectUnhandled(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
  onTestFinished(() => {
    process.off("unhandledRejection", note);
    for (const listener of before) process.on("unhandledRejection", listener);
  });
  return unhandled;
}

test("one who takes it back twice takes it back for no other", async () => {
  const { goLive, listeners } = await startPage();
  const leave = goLive();
  const other = goLive();
  leave();
  leave();
  expect(listeners()).toBe(1);
  other();
  expect(listeners()).toBe(0);
});

test.each<[LiveFeedPhase, string]>([
  ["idle", "staleLists"],
  ["connecting", "staleLists"],
  ["open", "all"],
  ["lost", "all"],
  ["unavailable", "all"],
])("where the feed is %s at first, the first gap refreshes %s: only a feed that was never open has told nothing yet", async (phase, what) => {
  const { goLive, gap, refreshed } = await startPage({ phase });
  const leave = goLive();
  gap();
  gap();
  expect(refreshed).toEqual([what, "all"]);
  leave();
});

test("lists that cannot be refreshed end neither the process nor the updates", async () => {
  const unhandled = collectUnhandled();
  const { goLive, gap, tell, refreshed } = await startPage({
    refresh: async () => {
      throw new Error("The server is away.");
    },
  });
  const leave = goLive();
  gap();
  tell("one");
  await expect.poll(() => refreshed).toEqual(["staleLists", "lists"]);
  tell("two");
  await expect.poll(() => refreshed).toEqual(["staleLists", "lists", "lists"]);
  for (let count = 0; count < 7; count++) tell(`more ${count}`);
  await expect.poll(() => refreshed).toEqual(["staleLists", "lists", "lists", "lists"]);
  await new Promise((resolve) => setTimeout(resolve, 20)); // Node tells of a rejection after the task
  expect(unhandled).toEqual([]);
  leave();
});
