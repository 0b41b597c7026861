import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { FeedSchedule } from "./feedSchedule.js";
import type { SleepingOrigin } from "./pageSteps.js";

/** A request as the origin saw it. */
export interface FeedRequest {
  path: string;
  atMs: number;
  status: number | undefined;
  endedAtMs: number | undefined;
}

/** A server of the live feed, the list and the readiness routes. */
export interface FeedOrigin extends SleepingOrigin {
  readonly port: number;
  /** When each sandbox became ready, on the monotonic clock. */
  readonly readyAtMs: ReadonlyMap<string, number>;
  /** Every request so far: when it came, on the monotonic clock, what for, and how and when it ended. */
  readonly requests: readonly FeedRequest[];
  inFlight(): number;
  start(): void;
  /** From now on every request is answered well. */
  calm(): void;
  closeIdle(): void;
  close(): Promise<void>;
}

/** Starts the origin of a feed run. Its sandboxes become ready as scheduled, and each tells the streams that are open then. */
export async function startFeedOrigin(schedule: FeedSchedule): Promise<FeedOrigin> {
  const readyAtMs = new Map<string, number>();
  const feeds = new Set<ServerResponse>();
  const own = new Map<string, Set<ServerResponse>>();
  const open = new Set<ServerResponse>();
  const timers = new Set<NodeJS.Timeout>();
  const requests: FeedRequest[] = [];
  const counts = { feed: 0, call: 0 };
  let isCalm = false;
  let sleep: { swallows: boolean } | undefined;

  function becomeReady(id: string): void {
    readyAtMs.set(id, performance.now());
    for (const response of own.get(id) ?? []) response.end("event: ready\ndata: {}\n\n");
    const data = JSON.stringify({ type: "sandbox.ready", id, status: "running", tenant_id: "ten_1", ts: "2026-06-01T10:00:01Z" });
    for (const response of feeds) response.write(`id: evt_${readyAtMs.size}\nevent: sandbox.ready\ndata: ${data}\n\n`);
  }

  function json(response: ServerResponse, body: unknown, status = 200): void {
    response.statusCode = status;
    response.setHeader("content-type", "application/json");
    if (status === 429) response.setHeader("retry-after", "0.1");
    response.end(JSON.stringify(body));
  }

  function openStream(response: ServerResponse, among: Set<ServerResponse>): void {
    among.add(response);
    response.once("close", () => among.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": heartbeat\n\n");
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const seen: FeedRequest = { path: request.url ?? "", atMs: performance.now(), status: undefined, endedAtMs: undefined };
    requests.push(seen);
    open.add(response);
    response.once("close", () => {
      open.delete(response);
      seen.status = response.headersSent ? response.statusCode : undefined;
      seen.endedAtMs = performance.now();
    });
    if (sleep) {
      if (!sleep.swallows) request.socket.destroy();
      return;
    }
    if (!schedule.keepAlive) response.shouldKeepAlive = false;
    const { pathname } = new URL(request.url ?? "/", "http://origin");
    const [, first = "", id = "", , last] = pathname.split("/");
    const isFeed = first === "events";
    const refusal = isCalm ? undefined : isFeed ? schedule.feedRefusals[counts.feed] : schedule.callRefusals[counts.call];
    if (isFeed) counts.feed += 1;
    else counts.call += 1;
    if (refusal !== undefined && refusal !== 200) return json(response, { error: { code: "REFUSED", message: "By the schedule." } }, refusal);
    if (isFeed) return openStream(response, feeds);
    if (first === "computers") {
      const data = schedule.sandboxes.map((sandbox) => ({
        id: sandbox.id,
        template_type: "miosa-sandbox",
        status: readyAtMs.has(sandbox.id) ? "running" : "creating",
      }));
      return json(response, { data, meta: { total: data.length } });
    }
    const isReady = readyAtMs.has(id);
    if (last !== "stream") return json(response, { data: { sandbox_id: id, ready: isReady, status: isReady ? "ready" : "booting" } });
    const among = own.get(id) ?? new Set();
    own.set(id, among);
    openStream(response, among);
    if (isReady) response.end("event: ready\ndata: {}\n\n");
  }

  const http = createServer(answer);
  http.on("clientError", (_error, socket) => socket.destroy());
  const heartbeat = setInterval(() => {
    for (const response of [...feeds, ...Array.from(own.values(), (among) => [...among]).flat()]) response.write(": heartbeat\n\n");
  }, 40);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  const address = http.address();

  return {
    port: typeof address === "object" && address ? address.port : 0,
    readyAtMs,
    requests,
    inFlight: () => open.size,
    start() {
      for (const { id, readyAtMs: atMs } of schedule.sandboxes) {
        if (atMs !== undefined) timers.add(setTimeout(() => becomeReady(id), atMs));
      }
    },
    calm() {
      isCalm = true;
    },
    fallAsleep(how) {
      sleep = how;
      feeds.clear();
      own.clear();
    },
    wakeUp() {
      sleep = undefined;
    },
    closeIdle: () => http.closeIdleConnections(),
    async close() {
      clearInterval(heartbeat);
      for (const timer of timers) clearTimeout(timer);
      const stopped = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await stopped;
    },
  };
}
