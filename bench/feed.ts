// Many sandboxes watched in one Chromium page over HTTP/1.1: by the live feed, and naively with one stream each.
import type { WatchWay } from "./lib/feedPage.js";
import { type FeedStage, openFeedPage, openFeedStage, wayNames } from "./lib/feedPages.js";
import { writeSection } from "./lib/results.js";
import { percentile } from "./lib/statistics.js";

const counts = [1, 10, 100, 1_000, 5_000];
/** The sandboxes become ready one after the other in this span of time. */
const readySpan = { afterMs: 500, spreadMs: 4_000 };
/** Who does not know all by then has not got there, in milliseconds. */
const limitMs = 20_000;

await using stage = await openFeedStage();
const rows: string[][] = [];
for (const count of counts) {
  for (const way of ["feed", "streams"] as const) {
    const row = await measure(stage, way, count);
    console.log(row.join(" · "));
    rows.push(row);
  }
}
writeSection({
  name: "feed",
  title: "Many sandboxes in one page",
  method: `One Chromium page over HTTP/1.1. The sandboxes become ready one after the other, from ${readySpan.afterMs} ms after the start over ${readySpan.spreadMs} ms. Meanwhile another GET goes out every 250 ms, with a limit of 3 s. "Late" is the time from the last sandbox becoming ready until the page knew of all. Streams held are those still open at the end, with all watches held; then the most streams and sockets that were open at once, the other GETs included. Main thread is the time Chromium's main thread was busy; heap is the growth of JavaScript memory after a collection.`,
  table: [["sandboxes, how", "streams held", "at most", "sockets", "requests", "late", "other GET, p50", "other GET, worst", "stalled", "main thread", "heap"], ...rows],
  verdict: "Target: 1,000 sandboxes hold one connection, all resolve, no other request stalls. The two streams at most beside the feed's are those of the first two watches, which wait for no feed; past about 1,350 pending requests Chromium refuses more, so that a stream each never gets there with 5,000.",
});

async function measure({ browser, server: { url, order, report } }: FeedStage, way: WatchWay, count: number): Promise<string[]> {
  const context = await browser.newContext();
  try {
    const page = await openFeedPage(context, url);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    const measured = async (): Promise<{ busyMs: number; heapBytes: number }> => {
      await devtools.send("HeapProfiler.collectGarbage");
      const { metrics } = await devtools.send("Performance.getMetrics");
      const valueOf = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
      return { busyMs: valueOf("TaskDuration") * 1_000, heapBytes: valueOf("JSHeapUsedSize") };
    };
    const ids = Array.from({ length: count }, (_, index) => `sbx-${index}`);
    order({ kind: "resetPeaks" });
    const before = await measured();
    order({ kind: "create", ids, ...readySpan });
    const { allKnownMs, known, otherMs, stalled } = await page.evaluate((args) => globalThis.feedPage.watchAll(args.way, args.ids, args.limitMs), { way, ids, limitMs });
    const after = await measured();
    const { streams, peakStreams, peakSockets, requests } = await report();
    const asked = Array.from(requests).filter(([route]) => route !== "/clock").reduce((sum, [, times]) => sum + times, 0);
    const lastReadyMs = readySpan.afterMs + (readySpan.spreadMs * (count - 1)) / count;
    return [
      `${count.toLocaleString("en")}, ${wayNames[way]}`,
      String(streams),
      String(peakStreams),
      String(peakSockets),
      String(asked),
      known < count ? `${count - known} never known` : `${Math.max(0, allKnownMs - lastReadyMs).toFixed(0)} ms`,
      otherMs.length === 0 ? "none made" : `${percentile(otherMs, 0.5).toFixed(0)} ms`,
      otherMs.length === 0 ? "none made" : `${Math.max(...otherMs).toFixed(0)} ms`,
      `${stalled} of ${otherMs.length}`,
      `${(after.busyMs - before.busyMs).toFixed(0)} ms`,
      `${((after.heapBytes - before.heapBytes) / 1_048_576).toFixed(1)} MB`,
    ];
  } finally {
    await context.close();
  }
}
