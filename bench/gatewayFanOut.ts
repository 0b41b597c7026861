// From one upstream event stream to a thousand browsers: through the gateway in Node, and through the Worker and its Durable Object.
import { readdirSync, readFileSync } from "node:fs";
import { startEdge } from "../apps/edge/test/startEdge.js";
import { startFeedServer } from "./lib/feedServer.js";
import { openBrowsers } from "./lib/openBrowsers.js";
import { writeSection } from "./lib/results.js";
import { startGateway } from "./lib/startGateway.js";
import { median, percentile } from "./lib/statistics.js";

const count = 1_000;
const events = 60;
const betweenMs = 50;

interface FanOut {
  name: string;
  timesMs: number[];
  upstreamStreams: number;
  idleBytes: number;
  fullBytes: number;
}

const feed = await startFeedServer();
try {
  const direct = await measure("the API itself, one stream for each browser", `${feed.url}/events/stream`, async () => process.memoryUsage().rss);

  const gateway = await startGateway(feed.url);
  const node = await measure("gateway in Node", `${gateway.url}/events/stream`, gateway.memoryBytes);
  await gateway.close();

  const session = JSON.stringify({ externalWorkspaceId: "acme", can: ["read"] });
  const edge = await startEdge({ MIOSA_API_KEY: "msk_bench_0000000000000000", MIOSA_BASE_URL: feed.url, DEV_SESSION: session });
  const workerd = await measure("Worker and Durable Object in workerd", `${edge.url}/api/miosa/events/stream`, async () => workerdBytes());
  await edge.close();

  const base = median(direct.timesMs);
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  writeSection({
    name: "gatewayFanOut",
    title: `One event to ${count.toLocaleString("en")} browsers`,
    method: `${events} events, one each ${betweenMs} ms, to ${count} open event streams over HTTP/1.1 on one machine: the time from the event's writing upstream until the last browser has it. API, gateway and browsers run apart: a thread, a process, the main thread. Memory is that of the gateway's process before the browsers come and with all of them there; the API's shares the bench's process and is not shown.`,
    table: [
      ["way", "upstream streams", "last browser, p50", "p95", "ratio p50", "memory before", "with all", "each browser"],
      ...[direct, node, workerd].map(({ name, timesMs, upstreamStreams, idleBytes, fullBytes }, index) => [
        name,
        String(upstreamStreams),
        `${median(timesMs).toFixed(1)} ms`,
        `${percentile(timesMs, 0.95).toFixed(1)} ms`,
        (median(timesMs) / base).toFixed(2),
        ...(index === 0 ? ["", "", ""] : [mib(idleBytes), mib(fullBytes), `${((fullBytes - idleBytes) / count / 1024).toFixed(0)} KiB`]),
      ]),
    ],
    verdict: `Target: one upstream stream. Measured: ${node.upstreamStreams} in Node, ${workerd.upstreamStreams} in workerd.`,
  });
} finally {
  await feed.close();
}

async function measure(name: string, url: string, memory: () => Promise<number>): Promise<FanOut> {
  // The first stream brings everything up, so that what it takes is not counted as a browser's.
  const first = await openBrowsers(url, 1);
  const idleBytes = await memory();
  const browsers = await openBrowsers(url, count - 1);
  const timesMs: number[] = [];
  for (let event = -5; event < events; event += 1) {
    const eventId = `evt_${name.length}_${event}`;
    const all = Promise.all([first.allHave(eventId), browsers.allHave(eventId)]);
    const startedMs = performance.now();
    feed.emit(eventId);
    const tookMs = Math.max(...(await all)) - startedMs;
    if (event >= 0) timesMs.push(tookMs);
    await new Promise((resolve) => setTimeout(resolve, betweenMs));
  }
  const [upstreamStreams, fullBytes] = [await feed.streams(), await memory()];
  first.close();
  browsers.close();
  // The next contestant starts with nobody connected.
  const deadline = performance.now() + 60_000;
  while ((await feed.streams()) > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  return { name, timesMs, upstreamStreams, idleBytes, fullBytes };
}

/** Memory of the workerd process that this process started, in bytes. */
function workerdBytes(): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const status = readStatus(pid);
    if (/^Name:\s+workerd$/m.test(status) && new RegExp(`^PPid:\\s+${process.pid}$`, "m").test(status)) {
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    }
  }
  throw new Error("No workerd runs under this process");
}

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
}
