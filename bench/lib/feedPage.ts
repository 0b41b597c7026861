// What runs in the pages of bench/feed.ts.
import { createLiveFeed, createMiosaClient, type LiveFeed } from "@miosa/core";

/** How a page watches its sandboxes. */
export type WatchWay = "feed" | "feedAlone" | "streams";

/** What a page saw. */
export interface WatchResult {
  /** From the first watch until every sandbox was known to be ready, or the limit. */
  allKnownMs: number;
  known: number;
  /** How long each of the other GETs took; one that did not finish counts with its limit. */
  otherMs: number[];
  stalled: number;
}

/** What the page offers to the benchmark. */
export interface FeedPage {
  /** Watches until all are ready, or for so long. The other GETs go out all the while. */
  watchAll(way: WatchWay, ids: readonly string[], limitMs: number): Promise<WatchResult>;
  /** Starts to watch, and goes on. */
  hold(way: WatchWay, ids: readonly string[]): void;
  /** One other GET. */
  other(): Promise<{ tookMs: number; stalled: boolean }>;
  /** Ends all watches. */
  close(): void;
}

declare global {
  var feedPage: FeedPage;
}

const otherLimitMs = 3_000;
const otherEveryMs = 250;
const miosa = createMiosaClient({ baseUrl: location.origin, token: "bench", timeoutMs: 60_000 });
let feed: LiveFeed | undefined;
let naive = new AbortController();

/** Calls back once for each sandbox that becomes ready. */
function watch(way: WatchWay, ids: readonly string[], onReady: () => void): void {
  if (way === "streams") {
    for (const id of ids) void followByHand(id, onReady);
    return;
  }
  const live = createLiveFeed(miosa, { timeoutMs: 120_000, acrossTabs: way === "feed" });
  feed = live;
  for (const id of ids) {
    const one = live.watch(id);
    const stop = one.onChange(look);
    function look(): void {
      if (one.get().phase !== "ready") return;
      stop();
      onReady();
    }
    look();
  }
}

/** A stream for each sandbox, as one writes it by hand. */
async function followByHand(id: string, onReady: () => void): Promise<void> {
  const { signal } = naive;
  try {
    const response = await fetch(`/sandboxes/${id}/readiness/stream`, { signal });
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (reader) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      if (text.includes("event: ready")) break;
    }
    onReady();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function other(): Promise<{ tookMs: number; stalled: boolean }> {
  const startedMs = performance.now();
  try {
    const response = await fetch("/clock", { signal: AbortSignal.timeout(otherLimitMs), cache: "no-store" });
    await response.text();
    return { tookMs: performance.now() - startedMs, stalled: false };
  } catch {
    return { tookMs: otherLimitMs, stalled: true }; // the limit ran out: that is what a stall is here
  }
}

globalThis.feedPage = {
  async watchAll(way, ids, limitMs) {
    const startedMs = performance.now();
    const others: Promise<{ tookMs: number; stalled: boolean }>[] = [];
    const timer = setInterval(() => others.push(other()), otherEveryMs);
    let known = 0;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, limitMs);
      watch(way, ids, () => {
        known += 1;
        if (known === ids.length) resolve();
      });
    });
    const allKnownMs = performance.now() - startedMs;
    clearInterval(timer);
    const results = await Promise.all(others);
    return { allKnownMs, known, otherMs: results.map(({ tookMs }) => tookMs), stalled: results.filter(({ stalled }) => stalled).length };
  },
  hold: (way, ids) => watch(way, ids, () => undefined),
  other,
  close() {
    feed?.close();
    feed = undefined;
    naive.abort();
    naive = new AbortController();
  },
};
