// The thread of sandboxServer.ts.
import { createServer, type ServerResponse } from "node:http";
import { parentPort } from "node:worker_threads";
import { serverNowMs, type ServerOrder, type ServerReport } from "./sandboxServer.js";

interface Sandbox {
  id: string;
  isReady: boolean;
  readyAtMs: number;
  watchers: Set<ServerResponse>;
}

const sandboxes = new Map<string, Sandbox>();
const feeds = new Set<ServerResponse>();
const streams = new Set<ServerResponse>();
const requestsById = new Map<string, number>();
const requests = new Map<string, number>();
let sockets = 0;
let peakSockets = 0;
let peakStreams = 0;
let script = "";
let lazy: { fromMs: number; toMs: number } | undefined;
let eventNumber = 0;

function create(id: string, delayMs: number | undefined): Sandbox {
  const sandbox: Sandbox = { id, isReady: false, readyAtMs: Number.NaN, watchers: new Set() };
  sandboxes.set(id, sandbox);
  if (delayMs !== undefined) setTimeout(() => becomeReady(sandbox), delayMs);
  return sandbox;
}

/** The moment from which on everything is measured: the clock is read right before the first frame is written. */
function becomeReady(sandbox: Sandbox): void {
  sandbox.isReady = true;
  sandbox.readyAtMs = serverNowMs();
  for (const watcher of sandbox.watchers) writeReady(watcher);
  if (feeds.size === 0) return;
  eventNumber += 1;
  const data = JSON.stringify({ type: "sandbox.ready", id: sandbox.id, status: "running", tenant_id: "ten_1", ts: "2026-06-01T10:00:01Z" });
  for (const feed of feeds) feed.write(`id: evt_${eventNumber}\nevent: sandbox.ready\ndata: ${data}\n\n`);
}

function writeReady(response: ServerResponse): void {
  response.end('event: ready\ndata: {"ready_at":"2026-06-01T10:00:01Z"}\n\n');
}

function openStream(response: ServerResponse, onClose: () => void): void {
  streams.add(response);
  peakStreams = Math.max(peakStreams, streams.size);
  response.once("close", () => {
    streams.delete(response);
    onClose();
  });
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": keepalive\n\n");
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function answer(path: string, response: ServerResponse): void {
  const [, first = "", id = "", , last] = path.split("/");
  const route = first === "sandboxes" ? `${first}/:id/readiness${last ? "/stream" : ""}` : path;
  requests.set(route, (requests.get(route) ?? 0) + 1);
  switch (route) {
    case "/page":
      // Isolated pages have a finer clock.
      response.writeHead(200, {
        "content-type": "text/html",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      });
      response.end('<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
      return;
    case "/page.js":
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
      return;
    case "/clock":
      return json(response, { nowMs: serverNowMs() });
    case "/computers": {
      const data = Array.from(sandboxes.values(), (sandbox) => ({
        id: sandbox.id,
        name: sandbox.id,
        template_type: "miosa-sandbox",
        status: sandbox.isReady ? "running" : "creating",
      }));
      return json(response, { data, meta: { total: data.length } });
    }
    case "/events/stream":
      feeds.add(response);
      return openStream(response, () => feeds.delete(response));
    default:
      return first === "sandboxes" ? answerReadiness(id, last === "stream", response) : json(response, { error: { code: "NOT_FOUND", message: "No such route." } }, 404);
  }
}

function answerReadiness(id: string, isStream: boolean, response: ServerResponse): void {
  requestsById.set(id, (requestsById.get(id) ?? 0) + 1);
  const sandbox = sandboxes.get(id) ?? (lazy && create(id, lazy.fromMs + Math.random() * (lazy.toMs - lazy.fromMs)));
  if (!sandbox) return json(response, { error: { code: "NOT_FOUND", message: "No such sandbox." } }, 404);
  if (!isStream) return json(response, { data: { sandbox_id: id, ready: sandbox.isReady, status: sandbox.isReady ? "ready" : "booting" } });
  openStream(response, () => sandbox.watchers.delete(response));
  if (sandbox.isReady) return writeReady(response);
  sandbox.watchers.add(response);
}

const server = createServer((request, response) => {
  request.resume();
  answer(new URL(request.url ?? "/", "http://server").pathname, response);
});
server.keepAliveTimeout = 60_000;
server.on("connection", (socket) => {
  sockets += 1;
  peakSockets = Math.max(peakSockets, sockets);
  socket.setNoDelay(true);
  socket.once("close", () => (sockets -= 1));
});

function obey(order: ServerOrder): void {
  switch (order.kind) {
    case "page":
      script = order.script;
      return;
    case "create": {
      const { ids, afterMs, spreadMs = 0 } = order;
      for (const [index, id] of ids.entries()) create(id, afterMs === undefined ? undefined : afterMs + (spreadMs * index) / ids.length);
      return;
    }
    case "readyWithin":
      lazy = { fromMs: order.fromMs, toMs: order.toMs };
      return;
    case "resetPeaks":
      sandboxes.clear();
      requests.clear();
      requestsById.clear();
      peakSockets = sockets;
      peakStreams = streams.size;
      return;
    case "report": {
      const readyAtMs = new Map(Array.from(sandboxes.values(), (sandbox) => [sandbox.id, sandbox.readyAtMs]));
      const report: ServerReport = { readyAtMs, requestsById, requests, sockets, streams: streams.size, peakSockets, peakStreams };
      parentPort?.postMessage(report);
    }
  }
}

parentPort?.on("message", obey);
server.listen(0, "127.0.0.1", 4_096, () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === "object" && address ? address.port : 0);
});
