import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createMiosaClient, type MiosaClient, type MiosaClientOptions } from "@miosa/core";
import type { LocalConnections } from "@miosa/local";
import { startRawServer } from "@miosa/local/testing";

/** Answers one request, byte by byte if it likes. */
export type Answer = (response: ServerResponse) => void | Promise<void>;

/** A server with only the two readiness routes, which does what a test scripts. */
export interface ReadinessServer extends AsyncDisposable {
  readonly client: MiosaClient;
  readonly baseUrl: string;
  /** Requests so far, oldest first, with the monotonic times of their arrival and of the end of their answer. */
  readonly requests: readonly ReadinessRequest[];
  /** How many requests for the stream there were. */
  readonly streams: number;
  /** How many polls there were. */
  readonly polls: number;
  /** The most requests that were in flight at one time. */
  readonly mostInFlight: number;
  /** What is open: an unanswered request counts as a stream. Clients keep idle sockets, so a socket alone is no leak. */
  connections(): LocalConnections;
}

export interface ReadinessRequest {
  readonly route: "stream" | "poll";
  readonly authorization: string | undefined;
  readonly atMs: number;
  endedAtMs: number | undefined;
}

/** Starts it. The nth request of a route gets its nth answer, later ones the last. Without answers a route says 404. */
export async function startReadinessServer(
  script: { stream?: readonly Answer[]; poll?: readonly Answer[] },
  clientOptions: MiosaClientOptions = { apiKey: "msk_u_test" },
): Promise<ReadinessServer> {
  const requests: ReadinessRequest[] = [];
  let mostInFlight = 0;
  const count = (route: ReadinessRequest["route"]): number => requests.filter((request) => request.route === route).length;
  const inFlight = (): number => requests.filter((request) => request.endedAtMs === undefined).length;
  const raw = await startRawServer(async (incoming, response) => {
    const route = incoming.url?.endsWith("/readiness/stream") ? "stream" : "poll";
    const request: ReadinessRequest = {
      route,
      authorization: incoming.headers.authorization,
      atMs: performance.now(),
      endedAtMs: undefined,
    };
    const answers = script[route] ?? [];
    const answer = answers[Math.min(count(route), answers.length - 1)] ?? status(404);
    requests.push(request);
    mostInFlight = Math.max(mostInFlight, inFlight());
    const ended = (): void => void (request.endedAtMs ??= performance.now());
    response.once("finish", ended);
    response.once("close", ended);
    await answer(response);
  });
  return {
    client: createMiosaClient({ baseUrl: raw.url, ...clientOptions }),
    baseUrl: raw.url,
    requests,
    get streams() {
      return count("stream");
    },
    get polls() {
      return count("poll");
    },
    get mostInFlight() {
      return mostInFlight;
    },
    connections: () => ({ ...raw.connections(), streams: { readiness: inFlight(), events: 0 } }),
    [Symbol.asyncDispose]: () => raw.close(),
  };
}

/** An event stream of these pieces, each sent by itself; it then stays open. */
export function stream(...pieces: readonly string[]): Answer {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.flushHeaders();
    for (const piece of pieces) {
      await new Promise((resolve) => response.write(piece, resolve));
      await sleep(5); // so that the next piece is a chunk of its own
    }
  };
}

/** An event stream of these pieces that then ends in good order. */
export function endedStream(...pieces: readonly string[]): Answer {
  return async (response) => {
    await stream(...pieces)(response);
    response.end();
  };
}

/** An event stream of these pieces whose connection is then cut. */
export function cutStream(...pieces: readonly string[]): Answer {
  return async (response) => {
    await stream(...pieces)(response);
    response.destroy();
  };
}

/** Cuts the connection without an answer. */
export const cut: Answer = (response) => {
  response.destroy();
};

/** An HTML page, as a proxy answers for a server that is not there. */
export const html: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<!doctype html><title>proxy</title>");
};

/** Never answers. */
export const silence: Answer = () => undefined;

/** An error answer, or any other JSON one. */
export function status(code: number, body: unknown = { error: { code: "SAID_SO", message: "as scripted" } }, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
}

export const ready: Answer = status(200, { data: { ready: true, status: "ready", ready_at: "2026-06-01T10:00:01Z" } });
export const booting: Answer = status(200, { data: { ready: false, status: "booting", ready_at: null } });
