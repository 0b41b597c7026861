// The same sandboxes watched in several tabs of one browser over HTTP/1.1: how many streams the server has to hold.
import type { Page } from "playwright";
import type { WatchWay } from "./lib/feedPage.js";
import { type FeedStage, openFeedPage, openFeedStage, wayNames } from "./lib/feedPages.js";
import { writeSection } from "./lib/results.js";

const tabCounts = [1, 3, 10];
const tabSandboxes = 100;
const settleMs = 1_500;

await using stage = await openFeedStage();
const tabRows: string[][] = [];
for (const tabs of tabCounts) {
  for (const way of ["feed", "feedAlone", "streams"] as const) tabRows.push(await measure(stage, way, tabs));
}
writeSection({
  name: "tabs",
  title: "Many sandboxes in many tabs",
  method: `Tabs of one browser profile over HTTP/1.1, each watching the same ${tabSandboxes} sandboxes that are not ready, looked at ${settleMs} ms after the last tab began. The other GET is made by each tab in turn, with a limit of 3 s.`,
  table: [["tabs, how", "streams on the server", "other GET, worst", "tabs whose GET stalled"], ...tabRows],
});

async function measure({ browser, server: { url, order, report } }: FeedStage, way: WatchWay, tabs: number): Promise<string[]> {
  const context = await browser.newContext();
  try {
    const pages: Page[] = [];
    for (let tab = 0; tab < tabs; tab += 1) pages.push(await openFeedPage(context, url));
    const ids = Array.from({ length: tabSandboxes }, (_, index) => `sbx-${index}`);
    order({ kind: "resetPeaks" });
    order({ kind: "create", ids });
    for (const page of pages) await page.evaluate((args) => globalThis.feedPage.hold(args.way, args.ids), { way, ids });
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const { streams } = await report();
    const others = [];
    for (const page of pages) others.push(await page.evaluate(() => globalThis.feedPage.other()));
    return [
      `${tabs}, ${wayNames[way]}`,
      String(streams),
      `${Math.max(...others.map(({ tookMs }) => tookMs)).toFixed(0)} ms`,
      `${others.filter(({ stalled }) => stalled).length} of ${tabs}`,
    ];
  } finally {
    await context.close();
  }
}
