import type { ServerResponse } from "node:http";
import { openServer, sendJson } from "./servers.js";

/** An API with an event stream. */
export interface FeedUpstream {
  baseUrl: string;
  /** Headers `Last-Event-ID` of all event streams so far, oldest first. */
  resumedFrom: (string | undefined)[];
  /** When they were asked for, by `performance.now()`. */
  askedAtMs: number[];
  lookups: string[];
  readonly open: number;
  /** Sends an event to whoever is connected, and keeps it for those who resume. Returns its id. */
  emit(id: string, type?: string, more?: Record<string, unknown>): string;
  /** Sends an event of before once more. */
  repeat(eventId: string): void;
  /** Cuts all event streams. */
  cut(): void;
  /** Whether `Last-Event-ID` is honoured. */
  resumes: boolean;
  /** Status with which event streams are answered. */
  status: number;
  /** Status with which sandboxes are looked up; 0 never answers. */
  lookupStatus: number;
  close(): Promise<void>;
}

/** Starts an API whose ids say whose they are: `acme-7` is acme's. */
export async function startFeedUpstream(): Promise<FeedUpstream> {
  const streams = new Set<ServerResponse>();
  const events: { id: string; frame: string }[] = [];
  const resumedFrom: (string | undefined)[] = [];
  const askedAtMs: number[] = [];
  const lookups: string[] = [];
  const server = await openServer((incoming, outgoing) => {
    const path = new URL(incoming.url ?? "/", "http://upstream").pathname;
    if (!path.endsWith("/events/stream")) {
      const id = path.split("/").at(-1) ?? "";
      lookups.push(id);
      if (upstream.lookupStatus === 0) return;
      if (upstream.lookupStatus !== 200) return sendJson(outgoing, upstream.lookupStatus, {});
      return sendJson(outgoing, 200, { id, external_workspace_id: id.split("-")[0] });
    }
    askedAtMs.push(performance.now());
    const header = incoming.headers["last-event-id"];
    resumedFrom.push(typeof header === "string" ? header : undefined);
    if (upstream.status !== 200) return sendJson(outgoing, upstream.status, {});
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write(": heartbeat\n\n");
    const from = events.findIndex(({ id }) => id === header);
    if (upstream.resumes && from >= 0) for (const { frame } of events.slice(from + 1)) outgoing.write(frame);
    streams.add(outgoing);
    outgoing.on("close", () => streams.delete(outgoing));
  });
  const upstream: FeedUpstream = {
    baseUrl: `${server.baseUrl}/api/v1`,
    resumedFrom,
    askedAtMs,
    lookups,
    resumes: true,
    status: 200,
    lookupStatus: 200,
    get open() {
      return streams.size;
    },
    emit(id, type = "sandbox.ready", more = {}) {
      const eventId = `evt_${events.length + 1}`;
      const frame = `id: ${eventId}\nevent: ${type}\ndata: ${JSON.stringify({ type, id, ...more })}\n\n`;
      events.push({ id: eventId, frame });
      for (const stream of streams) stream.write(frame);
      return eventId;
    },
    repeat(eventId) {
      const frame = events.find(({ id }) => id === eventId)?.frame ?? "";
      for (const stream of streams) stream.write(frame);
    },
    cut() {
      for (const stream of streams) stream.destroy();
    },
    close: () => server.close(),
  };
  return upstream;
}
