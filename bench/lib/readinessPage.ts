// What runs in the page of bench/readiness.ts.
import { allAtOnce, createWaits, takeTurns, type Wait, type WaitEnd } from "./waits.js";

/** What the page offers to the benchmark. */
export interface ReadinessPage {
  turns(rounds: number): Promise<WaitEnd[]>;
  slowPolls(count: number): Promise<WaitEnd[]>;
}

declare global {
  var readinessPage: ReadinessPage;
}

const clockRounds = 300;
const waits = createWaits(location.origin, { token: "bench" });

const eventSource: Wait = (id) =>
  new Promise((resolve, reject) => {
    const source = new EventSource(`/sandboxes/${id}/readiness/stream`);
    source.addEventListener("ready", () => {
      source.close();
      resolve();
    });
    source.addEventListener("error", () => {
      source.close();
      reject(new Error("The stream was lost"));
    });
  });

/** What to add to the page's clock to get the server's: from the fastest of many requests, half-way between question and answer. */
async function clockOffsetMs(): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
  for (let round = 0; round < clockRounds; round += 1) {
    const askedMs = performance.now();
    const response = await fetch("/clock");
    const tookMs = performance.now() - askedMs;
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null || !("nowMs" in body)) throw new Error("The server did not tell the time");
    if (tookMs < best.tookMs) best = { tookMs, offsetMs: Number(body.nowMs) - askedMs - tookMs / 2 };
  }
  return best.offsetMs;
}

/** Shifts the ends onto the server's clock, which is read before and after. */
async function onServerClock(measure: () => Promise<WaitEnd[]>): Promise<WaitEnd[]> {
  const before = await clockOffsetMs();
  const ends = await measure();
  const offsetMs = (before + (await clockOffsetMs())) / 2;
  return ends.map((end) => ({ ...end, atMs: end.atMs + offsetMs }));
}

const nowMs = (): number => performance.now();

globalThis.readinessPage = {
  turns(rounds) {
    const ways = new Map([
      ["ours", waits.ours],
      ["rawStream", waits.rawStream],
      ["eventSource", eventSource],
      ["poll10", waits.poll10],
    ]);
    return onServerClock(() => takeTurns(ways, { rounds, prefix: "page", nowMs }));
  },
  slowPolls: (count) => onServerClock(() => allAtOnce("poll1000", waits.poll1000, { count, prefix: "page", nowMs })),
};
