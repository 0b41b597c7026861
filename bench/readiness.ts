// How long after the server writes the ready frame a wait resolves: ours, by hand, EventSource, and two kinds of polling.
import { readFile } from "node:fs/promises";
import { chromium } from "playwright";
import { bundleSources } from "../scripts/bundleSources.mjs";
import { chromiumArgs, findChromium } from "../scripts/findChromium.mjs";
import { writeSection } from "./lib/results.js";
import { type SandboxServer, serverNowMs, type ServerReport, startSandboxServer } from "./lib/sandboxServer.js";
import { median, percentile } from "./lib/statistics.js";
import { allAtOnce, createWaits, takeTurns, type WaitEnd } from "./lib/waits.js";

const targetRatio = 1.1;
const rounds = 400;
const slowWaits = 60;
const quick = { fromMs: 10, toMs: 30 };
const slow = { fromMs: 500, toMs: 1_500 };
const names: Readonly<Record<string, string>> = {
  ours: "miosa.sandboxes.waitUntilReady",
  rawStream: "fetch, read by hand",
  eventSource: "EventSource",
  poll10: "polling, 10 ms after each answer",
  poll1000: "polling, 1 s after each answer",
};

const server = await startSandboxServer();
try {
  const inNode = await measureNode(server);
  const inPage = await measurePage(server);
  const report = await server.report();
  const node = rows("Node", inNode, report);
  const page = rows("Chromium", inPage, report);
  const ours = [...node, ...page].filter(({ way }) => way === "ours");
  writeSection({
    name: "readiness",
    title: "From the ready frame to the resolved wait",
    method: `Each wait has a sandbox of its own, which becomes ready ${quick.fromMs} to ${quick.toMs} ms after the first request for it (${slow.fromMs} to ${slow.toMs} ms where a poll waits a second). Time runs from right before the server, in another thread, writes the frame or changes the answer, to the line after the \`await\`. ${rounds} waits of each kind, one at a time and in turn; ${slowWaits} at once for the last. The ratio is that of the medians, with the lowest and highest of ten blocks of the run. In Chromium the two clocks are matched by the fastest of 600 requests.`,
    table: [
      ["where, how", "p50", "p95", "p99", "to reading by hand", "requests"],
      ...[...node, ...page].map(({ cells }) => cells),
    ],
    verdict: `Target: at most ${targetRatio} of reading by hand, at the median. Measured: ${ours.map(({ ratio }) => ratio.toFixed(2)).join(" in Node and ")} in Chromium, ${ours.every(({ ratio }) => ratio <= targetRatio) ? "met" : "missed"}.`,
  });
} finally {
  await server.close();
}

async function measureNode({ url, order }: SandboxServer): Promise<WaitEnd[]> {
  const waits = createWaits(url, { apiKey: "msk_bench_0000000000000000" });
  const ways = new Map([
    ["ours", waits.ours],
    ["rawStream", waits.rawStream],
    ["poll10", waits.poll10],
  ]);
  order({ kind: "readyWithin", ...quick });
  const ends = await takeTurns(ways, { rounds, prefix: "node", nowMs: serverNowMs });
  order({ kind: "readyWithin", ...slow });
  return [...ends, ...(await allAtOnce("poll1000", waits.poll1000, { count: slowWaits, prefix: "node", nowMs: serverNowMs }))];
}

async function measurePage({ url, order }: SandboxServer): Promise<WaitEnd[]> {
  order({ kind: "page", script: await readFile(await bundleSources("bench/lib/readinessPage.ts", { platform: "browser" }), "utf8") });
  const executablePath = findChromium();
  const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: chromiumArgs });
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/page`);
    await page.waitForFunction(() => "readinessPage" in globalThis);
    order({ kind: "readyWithin", ...quick });
    const ends = await page.evaluate((count) => globalThis.readinessPage.turns(count), rounds);
    order({ kind: "readyWithin", ...slow });
    return [...ends, ...(await page.evaluate((count) => globalThis.readinessPage.slowPolls(count), slowWaits))];
  } finally {
    await browser.close();
  }
}

interface Row {
  way: string;
  ratio: number;
  cells: string[];
}

function rows(where: string, ends: readonly WaitEnd[], { readyAtMs, requestsById }: ServerReport): Row[] {
  const delays = new Map<string, number[]>();
  const requests = new Map<string, number>();
  for (const { way, id, atMs } of ends) {
    delays.set(way, [...(delays.get(way) ?? []), atMs - (readyAtMs.get(id) ?? Number.NaN)]);
    requests.set(way, (requests.get(way) ?? 0) + (requestsById.get(id) ?? 0));
  }
  const base = delays.get("rawStream") ?? [];
  return Array.from(delays, ([way, times]) => {
    const ratio = median(times) / median(base);
    const blocks = inBlocks(times, 10).map((block, index) => median(block) / median(inBlocks(base, 10)[index] ?? []));
    const range = times.length === base.length ? ` (${Math.min(...blocks).toFixed(2)} to ${Math.max(...blocks).toFixed(2)})` : "";
    return {
      way,
      ratio,
      cells: [
        `${where}, ${names[way] ?? way}`,
        ...[0.5, 0.95, 0.99].map((share) => time(percentile(times, share))),
        `${ratio.toFixed(2)}${range}`,
        ((requests.get(way) ?? 0) / times.length).toFixed(1),
      ],
    };
  });
}

function inBlocks(values: readonly number[], count: number): number[][] {
  const size = Math.ceil(values.length / count);
  return Array.from({ length: count }, (_, index) => values.slice(index * size, (index + 1) * size)).filter((block) => block.length > 0);
}

function time(ms: number): string {
  return ms < 10 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(0)} ms`;
}
