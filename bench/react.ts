// A thousand cards on one page in Chromium: what one status change and a thousand of them cost with our hooks, with a list that is
// polled by hand, and with a context; and what mounting and unmounting leaves behind.
import { readFile } from "node:fs/promises";
import { type CDPSession, chromium, type Page } from "playwright";
import { bundleSources } from "../scripts/bundleSources.mjs";
import { chromiumArgs, findChromium } from "../scripts/findChromium.mjs";
import type { PageCounts, PageWay } from "./lib/reactPage.js";
import { startReactServer } from "./lib/reactServer.js";
import { writeSection } from "./lib/results.js";
import { median, percentile } from "./lib/statistics.js";

const cards = 1_000;
const changes = 20;
const everyMs = 500;
const burst = 1_000;
const cycles = 20;
const names: Readonly<Record<PageWay, string>> = {
  hooks: "@miosa/react",
  polling: `useQuery, refetchInterval ${everyMs} ms, memo rows`,
  context: "EventSource into a context",
};

interface Measured {
  way: PageWay;
  cardsPerChange: number;
  othersPerChange: number;
  isOnlyItsOwn: boolean;
  commitMs: number;
  commitP95Ms: number;
  mainMsPerChange: number;
  requestsPerChange: number;
  burstRenders: number;
  burstOthers: number;
  burstCommits: number;
  burstMainMs: number;
}

const server = await startReactServer(cards, await readFile(await bundleSources("bench/lib/reactPage.tsx", { platform: "browser" }), "utf8"));
const executablePath = findChromium();
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: chromiumArgs });
try {
  const measured: Measured[] = [];
  for (const way of ["hooks", "polling", "context"] as const) measured.push(await withPage((page, cdp) => measureWay(page, cdp, way)));
  const heap = await withPage((page, cdp) => measureHeap(page, cdp, "hooks"));
  report(measured, heap, await withPage((page, cdp) => measureHeap(page, cdp, "polling")));
} finally {
  await browser.close();
  await server.close();
}

async function withPage<T>(measure: (page: Page, cdp: CDPSession) => Promise<T>): Promise<T> {
  server.reset();
  const page = await browser.newPage();
  try {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    await page.goto(`${server.url}/page`);
    await page.waitForFunction(() => "reactPage" in globalThis);
    return await measure(page, cdp);
  } finally {
    await page.close();
  }
}

async function mount(page: Page, way: PageWay): Promise<void> {
  await page.evaluate(([kind, pollMs]) => globalThis.reactPage.mount(kind, pollMs), [way, everyMs] as const);
  await page.waitForFunction((count) => globalThis.reactPage.showing("running") === count, cards);
  await page.waitForTimeout(1_000); // the feed opens, and lists that were asked for before are asked for again
  await page.evaluate(() => globalThis.reactPage.take());
}

async function measureWay(page: Page, cdp: CDPSession, way: PageWay): Promise<Measured> {
  await mount(page, way);
  const [startedMs, requestsBefore] = [await taskMs(cdp), server.requests()];
  for (let index = 0; index < changes; index++) {
    server.change(index * 37, "paused");
    await page.waitForTimeout(everyMs);
  }
  await page.waitForFunction((count) => globalThis.reactPage.showing("paused") === count, changes);
  const mainMs = (await taskMs(cdp)) - startedMs;
  const single = await page.evaluate(() => globalThis.reactPage.take());
  const requests = server.requests() - requestsBefore;

  const burstStartedMs = await taskMs(cdp);
  for (let index = 0; index < burst; index++) {
    server.change(index % cards, "paused");
    server.change(index % cards, index % 2 === 0 ? "running" : "paused");
    if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await page.waitForFunction((count) => globalThis.reactPage.showing("paused") === count, cards / 2);
  const burstMainMs = (await taskMs(cdp)) - burstStartedMs;
  const many = await page.evaluate(() => globalThis.reactPage.take());
  return {
    way,
    cardsPerChange: total(single) / changes,
    othersPerChange: single.others / changes,
    isOnlyItsOwn: Object.values(single.cards).every((count) => count === 1) && total(single) === changes,
    commitMs: median(single.commitsMs),
    commitP95Ms: percentile(single.commitsMs, 0.95),
    mainMsPerChange: mainMs / changes,
    requestsPerChange: requests / changes,
    burstRenders: total(many),
    burstOthers: many.others,
    burstCommits: many.commitsMs.length,
    burstMainMs,
  };
}

/** Heap after each of the cycles, in bytes, with the garbage collected. */
async function measureHeap(page: Page, cdp: CDPSession, way: PageWay): Promise<number[]> {
  const heap: number[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    await page.evaluate(([kind, pollMs]) => globalThis.reactPage.mount(kind, pollMs), [way, everyMs] as const);
    await page.waitForFunction((count) => globalThis.reactPage.showing("running") + globalThis.reactPage.showing("paused") === count, cards);
    await page.waitForTimeout(300);
    await page.evaluate(() => globalThis.reactPage.unmount());
    await cdp.send("HeapProfiler.collectGarbage");
    heap.push((await cdp.send("Runtime.getHeapUsage")).usedSize);
  }
  return heap;
}

/** Time that the page's main thread has worked so far, in milliseconds. */
async function taskMs(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
}

function total({ cards: rendered }: PageCounts): number {
  return Object.values(rendered).reduce((sum, count) => sum + count, 0);
}

function report(measured: readonly Measured[], heap: readonly number[], pollingHeap: readonly number[]): void {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const [ours] = measured;
  const half = cycles / 2;
  const megabytes = (bytes = Number.NaN): string => `${(bytes / 1e6).toFixed(2)} MB`;
  const course = (all: readonly number[]): string => [all[1], all[half - 1], all.at(-1)].map(megabytes).join(", ");
  const grows = (heap.at(-1) ?? Number.NaN) > 1.03 * (heap[half - 1] ?? Number.NaN);
  writeSection({
    name: "react",
    title: `${cards.toLocaleString("en")} cards on a page`,
    method: `Chromium, React 19 profiling build, ${cards} cards. First ${changes} status changes of different sandboxes, one each ${everyMs} ms: cards and other components rendered per change, render time of a commit (React's Profiler, median and 95th percentile), and all work of the main thread (CDP TaskDuration, polls included). Then ${burst * 2} events in a second and a half: ${burst} sandboxes that pause, half of which resume at once.`,
    table: [
      ["way", "cards rendered per change", "other components", "commit p50", "commit p95", "main thread per change", "requests per change", `cards rendered by the ${burst * 2} events`, "commits", "main thread"],
      ...measured.map((each) => [
        names[each.way],
        each.cardsPerChange.toFixed(1),
        each.othersPerChange.toFixed(1),
        ms(each.commitMs),
        ms(each.commitP95Ms),
        ms(each.mainMsPerChange),
        each.requestsPerChange.toFixed(1),
        each.burstRenders.toLocaleString("en"),
        each.burstCommits.toLocaleString("en"),
        ms(each.burstMainMs),
      ]),
    ],
    verdict: `Target: one status change renders only that sandbox's components. Measured: ${ours?.isOnlyItsOwn && ours.othersPerChange === 0 ? "met" : "missed"}. Heap after the 2nd, ${half}th and ${cycles}th time that the ${cards} cards were mounted and unmounted: ${course(heap)}; for the polled list ${course(pollingHeap)}. From the ${half}th on ${grows ? "it still grows" : "it does not grow"}.`,
  });
}

