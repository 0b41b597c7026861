import type { ServerResponse } from "node:http";
import { createLiveFeed, createMiosaClient, type LiveFeed, type MiosaClient } from "@miosa/core";
import { startRawServer } from "@miosa/local/testing";
import { QueryClient } from "@tanstack/react-query";
import { onTestFinished } from "vitest";
import { waitUntil } from "../../../test/waitUntil.js";

/** A sandbox as the server sends it. */
export type WireRow = { id: string; status: string } & Record<string, unknown>;

/** A server whose sandboxes and events the test decides, and a client, feed and query cache for it. */
export interface FeedServer {
  client: MiosaClient;
  feed: LiveFeed;
  queryClient: QueryClient;
  /** What the server knows: change it at will. */
  rows: Map<string, WireRow>;
  /** How many requests began with this method and path. */
  count: (request: string) => number;
  /** Sends an event to everyone who listens. */
  send: (type: string, id: string, members?: Record<string, unknown>) => void;
  /** Resolves once so many event streams have been opened in all. */
  opened: (streams: number) => Promise<void>;
  /** Cuts the open event streams. */
  cut: () => void;
  /** Requests that would change something wait for this; the oldest one is answered. */
  answer: (status: number, body: unknown) => Promise<void>;
}

/** A row with a creation time, newest last made. */
export function wireRow(id: string, status: string, members: Record<string, unknown> = {}): WireRow {
  return { id, name: id, status, template_type: "miosa-sandbox", created_at: "2026-06-01T10:00:00.000Z", updated_at: "2026-06-01T10:00:00.000Z", ...members };
}

/** Starts it; everything is closed when the test is over. */
export async function startFeedServer(...initial: WireRow[]): Promise<FeedServer> {
  const rows = new Map(initial.map((row) => [row.id, row]));
  const streams = new Set<ServerResponse>();
  const waiting: ServerResponse[] = [];
  let streamsOpened = 0;
  let eventId = 0;

  const server = await startRawServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/events/stream") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
      streams.add(response);
      streamsOpened += 1;
      response.once("close", () => streams.delete(response));
      return;
    }
    if (request.method !== "GET") return void waiting.push(response);
    if (url.pathname === "/computers") return json(200, [...rows.values()]);
    const row = rows.get(url.pathname.split("/")[2] ?? "");
    if (row === undefined) return json(404, { error: { code: "NOT_FOUND", message: "no such sandbox" } });
    json(200, row);
  });

  const client = createMiosaClient({ apiKey: "msk_u_test", baseUrl: server.url, retries: 0, dangerouslyAllowApiKeyInBrowser: true });
  const feed = createLiveFeed(client, { acrossTabs: false });
  const queryClient = new QueryClient();
  onTestFinished(async () => {
    feed.close();
    queryClient.clear();
    await server.close();
  });
  return {
    client,
    feed,
    queryClient,
    rows,
    count: (wanted) => server.requests.filter(({ method, url }) => `${method} ${url}`.startsWith(wanted)).length,
    send(type, id, members = {}) {
      eventId += 1;
      const data = JSON.stringify({ type, id, tenant_id: "t", ts: new Date(Date.UTC(2026, 5, 1, 11, 0, eventId)).toISOString(), ...members });
      for (const stream of streams) stream.write(`id: ${eventId}\nevent: ${type}\ndata: ${data}\n\n`);
    },
    opened: (wanted) => waitUntil(() => streamsOpened >= wanted).then(() => undefined),
    cut() {
      for (const stream of streams) stream.destroy();
    },
    async answer(status, body) {
      const response = await waitUntil(() => waiting.shift());
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    },
  };
}
