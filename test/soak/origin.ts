import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSeededRandom } from "@miosa/local/testing";
import type { SleepingOrigin } from "./pageSteps.js";
import { type PollBehaviour, type RetryAfter, type Schedule, serveWell, type StreamBehaviour } from "./schedule.js";

/** One request, as the origin saw it. Times are on the monotonic clock. */
export interface OriginRequest {
  channel: "stream" | "poll";
  behaviour: string;
  atMs: number;
  /** When the answer was complete or the client went away. */
  endedAtMs: number | undefined;
  status: number | undefined;
  retryAfterMs: number | undefined;
  /** When the origin wrote that the sandbox is ready, or failed, or that it gave up waiting. */
  saidReadyAtMs: number | undefined;
  saidFailedAtMs: number | undefined;
  saidTimeoutAtMs: number | undefined;
  /** True once a sleep has taken it: nothing of it arrives any more. */
  isDead: boolean;
}

/** A server that speaks the readiness wire and nothing else. */
export interface Origin extends SleepingOrigin {
  readonly port: number;
  readonly requests: readonly OriginRequest[];
  /** Requests whose answer is not over. */
  inFlight(): number;
  /** Lets the story begin: all times of the schedule count from now. */
  start(): void;
  /** From now on every request is answered well. */
  calm(): void;
  closeIdle(): void;
  close(): Promise<void>;
}

/**
 * Starts the origin of a run. It stands in for a real server, because ten thousand sandboxes with real processes would take hours:
 * its sandbox is a number of milliseconds.
 */
export async function startOrigin(schedule: Schedule): Promise<Origin> {
  const random = createSeededRandom(schedule.seed).fork("origin");
  const requests: OriginRequest[] = [];
  /** What is still to come on answers that are not over. */
  const timers = new Map<ServerResponse, Set<NodeJS.Timeout>>();
  /** The answers that are not over, by what is known of them. */
  const dying = new Map<OriginRequest, ServerResponse>();
  let sleep: { swallows: boolean } | undefined;
  const counts = { stream: 0, poll: 0 };
  let startedAtMs = Number.POSITIVE_INFINITY;
  let isCalm = false;
  const { sandbox, server } = schedule;

  const elapsedMs = (): number => performance.now() - startedAtMs;
  const isOver = (): boolean => sandbox.becomes !== "never" && elapsedMs() >= sandbox.atMs;
  const serverDate = (inMs = 0): string => new Date(performance.timeOrigin + performance.now() + server.clockSkewMs + inMs).toUTCString();

  /** Runs later, unless the answer is over by then. */
  function later(response: ServerResponse, delayMs: number, run: () => void): void {
    const own = timers.get(response);
    if (!own) return;
    const timer = setTimeout(() => {
      own.delete(timer);
      run();
    }, Math.max(0, Math.ceil(delayMs)));
    own.add(timer);
  }

  function stopTimers(response: ServerResponse): void {
    for (const timer of timers.get(response) ?? []) clearTimeout(timer);
  }

  function refuse(response: ServerResponse, seen: OriginRequest, status: number, retryAfter?: RetryAfter): void {
    seen.status = status;
    response.statusCode = status;
    response.setHeader("content-type", "application/json");
    if (retryAfter) {
      seen.retryAfterMs = retryAfter.seconds * 1_000;
      if (retryAfter.as === "seconds") response.setHeader("retry-after", String(retryAfter.seconds));
      if (retryAfter.as === "date") {
        // Whole seconds: rounded up, so that a client that reads it rightly waits for at least as long as was asked.
        const now = Math.ceil(Date.parse(serverDate()) / 1_000) * 1_000;
        response.setHeader("date", new Date(now).toUTCString());
        response.setHeader("retry-after", new Date(now + retryAfter.seconds * 1_000).toUTCString());
      }
    }
    const retry_after = retryAfter?.as === "body" ? retryAfter.seconds : undefined;
    response.end(JSON.stringify({ error: { code: `STATUS_${status}`, message: "Refused by the schedule.", retry_after } }));
  }

  // --- polls ---------------------------------------------------------------------------------------------------------

  function answerPoll(response: ServerResponse, seen: OriginRequest): void {
    if (isOver() && sandbox.becomes === "destroyed" && sandbox.tellsByNotFound) {
      seen.saidFailedAtMs = performance.now();
      return refuse(response, seen, 404);
    }
    const status = isOver() ? sandbox.becomes : "booting";
    if (status === "ready") seen.saidReadyAtMs = performance.now();
    if (status === "failed" || status === "destroyed") seen.saidFailedAtMs = performance.now();
    const said = random.pick([{ ready: status === "ready", status }, { ready: status === "ready" }, { status }]);
    const body = status === "ready" || status === "booting" ? said : { ready: false, status, reason: "by the schedule" };
    seen.status = 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(random.chance(0.5) ? { data: body } : body));
  }

  function poll(response: ServerResponse, seen: OriginRequest): void {
    const behaviour: PollBehaviour = (isCalm ? undefined : server.polls[counts.poll]) ?? { kind: "answer" };
    counts.poll += 1;
    seen.behaviour = behaviour.kind;
    if (!server.hasPolls) return refuse(response, seen, 503);
    switch (behaviour.kind) {
      case "answer":
        return answerPoll(response, seen);
      case "refuse":
        return refuse(response, seen, behaviour.status, behaviour.retryAfter);
      case "notJson":
        seen.status = 200;
        response.end("<!doctype html><title>Bad gateway</title>");
        return;
      case "slow":
        return later(response, behaviour.delayMs, () => answerPoll(response, seen));
      case "neverAnswers":
        return;
    }
  }

  // --- streams -------------------------------------------------------------------------------------------------------

  function openStream(response: ServerResponse, seen: OriginRequest, closeDelimited: boolean): void {
    seen.status = 200;
    if (closeDelimited) {
      response.shouldKeepAlive = false;
      response.useChunkedEncodingByDefault = false;
    }
    response.writeHead(200, { "content-type": random.pick(["text/event-stream", "text/event-stream; charset=utf-8"]) });
    response.flushHeaders();
  }

  function finish(response: ServerResponse, seen: OriginRequest, frame: string): void {
    if (sandbox.becomes === "ready") {
      seen.saidReadyAtMs = performance.now();
      // Where bytes are lost, a client may see no more of this answer than what comes after the ready frame.
      if (frame === "amongOthers" && schedule.connections.includes("drop")) seen.saidTimeoutAtMs = performance.now();
      const ready = 'event: ready\ndata: {"ready_at":"2026-06-01T10:00:01Z"}\n\n';
      if (frame === "crlf") response.end(ready.replaceAll("\n", "\r\n"));
      else if (frame === "noData") response.end("event:ready\n\n");
      else if (frame === "twice") response.end(ready + ready);
      else if (frame === "amongOthers") response.end(`retry: 5\n\nevent: readyish\ndata: ready\n\n: ready\n\ndata: ready\n\nid: 7\n${ready}event: timeout\ndata: {}\n\n`);
      else if (frame === "bytewise") {
        for (const byte of ready) response.write(byte);
        response.end();
      } else response.end(ready);
      return;
    }
    if (!sandbox.tellsByEvent) return void response.end();
    seen.saidFailedAtMs = performance.now();
    const event = sandbox.becomes === "destroyed" ? "sandbox.destroyed" : "sandbox.error";
    response.end(`event: ${event}\ndata: {"reason":"by the schedule"}\n\n`);
  }

  function serve(response: ServerResponse, seen: OriginRequest, behaviour: StreamBehaviour & { kind: "serve" }): void {
    openStream(response, seen, behaviour.closeDelimited);
    const { keepaliveMs } = behaviour;
    const keepAlive = (): void => {
      response.write(": keepalive\n\n");
      if (keepaliveMs !== undefined) later(response, keepaliveMs, keepAlive);
    };
    if (keepaliveMs !== undefined) keepAlive();
    if (sandbox.becomes !== "never") later(response, sandbox.atMs - elapsedMs(), () => finish(response, seen, behaviour.frame));
  }

  function stream(response: ServerResponse, seen: OriginRequest): void {
    const behaviour = (isCalm ? undefined : server.streams[counts.stream]) ?? serveWell(random, !server.hasPolls);
    counts.stream += 1;
    seen.behaviour = behaviour.kind;
    if (!server.hasStream) return refuse(response, seen, 404);
    switch (behaviour.kind) {
      case "serve":
        return serve(response, seen, behaviour);
      case "refuse":
        return refuse(response, seen, behaviour.status, behaviour.retryAfter);
      case "wrongType":
        seen.status = 200;
        response.setHeader("content-type", "text/html");
        response.end("event: ready\n\n");
        return;
      case "slowHeaders":
        return later(response, behaviour.delayMs, () => serve(response, seen, { kind: "serve", keepaliveMs: 20, frame: "plain", closeDelimited: false }));
      case "endEarly":
        openStream(response, seen, false);
        response.write("event: rea");
        return later(response, behaviour.afterMs, () => response.end("dy"));
      case "silent":
        return openStream(response, seen, false);
      case "neverAnswers":
        return;
      case "timeoutFrame":
        openStream(response, seen, false);
        return later(response, behaviour.afterMs, () => {
          seen.saidTimeoutAtMs = performance.now();
          response.end('event: timeout\ndata: {"reason":"not_ready"}\n\n');
        });
    }
  }

  // --- server --------------------------------------------------------------------------------------------------------

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const channel = request.url?.endsWith("/stream") ? "stream" : "poll";
    const seen: OriginRequest = {
      channel,
      behaviour: "",
      atMs: performance.now(),
      endedAtMs: undefined,
      status: undefined,
      retryAfterMs: undefined,
      saidReadyAtMs: undefined,
      saidFailedAtMs: undefined,
      saidTimeoutAtMs: undefined,
      isDead: false,
    };
    requests.push(seen);
    timers.set(response, new Set());
    dying.set(seen, response);
    response.once("close", () => {
      seen.endedAtMs = performance.now();
      stopTimers(response);
      timers.delete(response);
      dying.delete(seen);
    });
    if (sleep) {
      seen.isDead = true;
      seen.behaviour = "asleep";
      if (!sleep.swallows) request.socket.destroy();
      return;
    }
    response.sendDate = false;
    response.setHeader("date", serverDate());
    if (!server.keepAlive) response.shouldKeepAlive = false;
    if (channel === "stream") stream(response, seen);
    else poll(response, seen);
  }

  const http = createServer(answer);
  // A question that was cut off gets no answer: node would give it a 400, which is final to a client.
  http.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  const address = http.address();

  return {
    port: typeof address === "object" && address ? address.port : 0,
    requests,
    inFlight: () => timers.size,
    start() {
      startedAtMs = performance.now();
    },
    calm() {
      isCalm = true;
    },
    fallAsleep(how) {
      sleep = how;
      for (const [seen, response] of dying) {
        seen.isDead = true;
        stopTimers(response);
      }
    },
    wakeUp() {
      sleep = undefined;
    },
    closeIdle: () => http.closeIdleConnections(),
    async close() {
      const stopped = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await stopped;
    },
  };
}
