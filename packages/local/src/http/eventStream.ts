import { eventStreamType } from "@miosa/protocol";
import { every } from "../timers.js";
import { cutAfterHeaders } from "./cutConnection.js";
import type { LocalContext } from "./localEnv.js";

/** One server-sent event. */
export interface Frame {
  event: string;
  data: unknown;
  id?: string;
}

/** An open stream of server-sent events, seen from the server. */
export interface EventStream {
  send(frame: Frame): void;
  comment(text: string): void;
  /** Ends the stream in good order. */
  close(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Calls `run` once, when the stream has ended from either side. */
  onEnd(run: () => void): void;
}

/** Kinds of streams that a server counts. */
export type StreamKind = "readiness" | "events";

/** The streams that a server has open. */
export interface OpenStreams {
  count(kind: StreamKind): number;
  add(kind: StreamKind, stream: EventStream): void;
  closeAll(): void;
}

export function createOpenStreams(): OpenStreams {
  const open = { readiness: new Set<EventStream>(), events: new Set<EventStream>() };
  return {
    count: (kind) => open[kind].size,
    add(kind, stream) {
      open[kind].add(stream);
      stream.onEnd(() => open[kind].delete(stream));
    },
    closeAll() {
      for (const stream of [...open.readiness, ...open.events]) stream.close();
    },
  };
}

/** A client that lets this much wait unread is cut off; it comes back with its last event id. */
const maxUnreadBytes = 1024 * 1024;

/** Answers with a stream of server-sent events. `start` gets the stream when the answer is on its way. */
export function openEventStream(context: LocalContext, start: (stream: EventStream) => void): Response {
  const encoder = new TextEncoder();
  const ends = new Set<() => void>();
  let ended = false;
  function finish(): boolean {
    if (ended) return false;
    ended = true;
    for (const run of ends) run();
    return true;
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function write(text: string): void {
          if (ended) return;
          controller.enqueue(encoder.encode(text));
          if ((controller.desiredSize ?? 0) < -maxUnreadBytes) stream.cut();
        }
        const stream: EventStream = {
          send: ({ event, data, id }) => write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
          comment: (text) => write(`: ${text}\n\n`),
          close: () => {
            if (finish()) controller.close();
          },
          cut: () => {
            if (!finish()) return;
            const { outgoing } = context.env;
            if (outgoing) cutAfterHeaders(outgoing);
            else controller.error(new TypeError("The connection was cut."));
          },
          onEnd: (run) => void (ended ? run() : ends.add(run)),
        };
        start(stream);
      },
      cancel: () => void finish(),
    },
    { highWaterMark: 0, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  const headers = {
    "content-type": eventStreamType,
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
    // Tells the Node adapter not to wait for a first piece before it sends the headers.
    "transfer-encoding": "chunked",
  };
  return new Response(body, { headers });
}

/** Writes a comment now and then every `intervalMs` until the stream ends. */
export function keepAlive(stream: EventStream, text: string, intervalMs: number): void {
  stream.comment(text);
  stream.onEnd(every(intervalMs, () => stream.comment(text)));
}
