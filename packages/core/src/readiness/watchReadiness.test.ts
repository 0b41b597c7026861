import { createMiosaClient, type ReadinessSnapshot } from "@miosa/core";
import { expectNoConnections } from "@miosa/local/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  booting,
  cut,
  cutStream,
  endedStream,
  ready,
  type ReadinessServer,
  silence,
  startReadinessServer,
  status,
  stream,
} from "../../test/startReadinessServer.js";

const readyFrame = "event: ready\ndata: {}\n\n";
const keepalive = ": keepalive\n\n";

async function statesOf(watch: AsyncIterable<ReadinessSnapshot>): Promise<ReadinessSnapshot[]> {
  const states: ReadinessSnapshot[] = [];
  for await (const state of watch) states.push(state);
  return states;
}

function elapsedOf(states: readonly ReadinessSnapshot[]): number {
  const last = states.at(-1);
  return last && "elapsedMs" in last ? last.elapsedMs : Number.NaN;
}

/** Waits for the sandbox until the server has seen enough of it, and leaves. */
async function waitUntilSeen(server: ReadinessServer, isEnough: () => boolean): Promise<void> {
  const controller = new AbortController();
  const left = server.client.sandboxes.waitUntilReady("sb_1", { signal: controller.signal }).catch((error: unknown) => error);
  try {
    await expect.poll(isEnough).toBe(true);
  } finally {
    controller.abort("enough");
  }
  expect(await left).toBe("enough");
}

describe("what a watcher sees", () => {
  test("connecting, booting once the server is heard, and ready with the time since the wait began", async () => {
    await using server = await startReadinessServer({ stream: [stream(keepalive, 'event: ready\ndata: {"ready_at":"2026-06-01T10:00:01Z"}\n\n')] });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1"));
    const base = { source: "stream", startedAtMs: expect.any(Number) };
    expect(states).toEqual([
      { phase: "connecting", ...base },
      { phase: "booting", ...base },
      { phase: "ready", ...base, elapsedMs: expect.any(Number), readyAt: "2026-06-01T10:00:01Z" },
    ]);
  });

  test("each change of phase or source once, however many polls there are", async () => {
    await using server = await startReadinessServer({ stream: [status(404)], poll: [booting, booting, booting, booting, ready] });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1"));
    expect(states.map(({ phase, source }) => `${phase} by ${source}`)).toEqual([
      "connecting by stream",
      "connecting by poll",
      "booting by poll",
      "ready by poll",
    ]);
  });

  test("failed with the typed error, which the watch does not throw", async () => {
    await using server = await startReadinessServer({ stream: [status(403)] });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1"));
    expect(states.at(-1)).toMatchObject({ phase: "failed", source: "stream", error: { kind: "api", status: 403 } });
  });

  test("timedOut with the last failed request, when the server is not there", async () => {
    // A port that nobody listens on, nor gets by chance, as one that was just freed could.
    const client = createMiosaClient({ baseUrl: "http://127.0.0.1:2/api/v1" });
    const states = await statesOf(client.sandboxes.watchReadiness("sb_1", { timeoutMs: 1_000 }));
    expect(states.at(-1)).toMatchObject({ phase: "timedOut", reason: null, lastError: { kind: "network", code: "NETWORK_ERROR" } });
    expect(states.map(({ phase }) => phase)).not.toContain("booting");
  });

  test("timedOut without an error, when the server was heard last", async () => {
    await using server = await startReadinessServer({ poll: [cut, booting] });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1", { stream: false, timeoutMs: 1_500 }));
    expect(states.at(-1)).toMatchObject({ phase: "timedOut", lastError: undefined });
  });
});

describe("arguments", () => {
  test.each([
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { pollIntervalMs: -1 },
    { idleTimeoutMs: Number.NaN },
  ])("rejects %o before any request", async (options) => {
    await using server = await startReadinessServer({});
    await expect(server.client.sandboxes.waitUntilReady("sb_1", options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(server.requests).toEqual([]);
  });

  test("rejects an empty id before any request", async () => {
    await using server = await startReadinessServer({});
    await expect(server.client.sandboxes.waitUntilReady("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(server.requests).toEqual([]);
  });

  test("sends the call's own headers with the stream and the polls", async () => {
    await using server = await startReadinessServer({ stream: [status(404)], poll: [ready] });
    const client = createMiosaClient({ baseUrl: server.baseUrl });
    await client.sandboxes.waitUntilReady("sb_1", { headers: { authorization: "Bearer own" } });
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(["Bearer own", "Bearer own"]);
  });
});

describe("the deadline", () => {
  test("gives up a silent stream at the deadline, and closes its connection", async () => {
    await using server = await startReadinessServer({ stream: [stream()], poll: [booting] });
    const startedAtMs = performance.now();
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 900 })).toBe(false);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(899);
    await expectNoConnections(server);
    expect([server.streams, server.polls]).toEqual([1, 0]);
  });

  test("gives up a stream of keepalives at the deadline: they extend nothing", async () => {
    const beat = stream(...Array<string>(400).fill(keepalive));
    await using server = await startReadinessServer({ stream: [beat], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 200 })).toBe(false);
    await expectNoConnections(server);
  });

  test.each([
    ["a stream that never answers", { stream: [silence] }],
    ["a poll that never answers", { stream: [status(404)], poll: [silence] }],
  ])("gives up %s at the deadline, and closes its connection", async (_, script) => {
    await using server = await startReadinessServer(script);
    const watch = async (): Promise<number> => {
      const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1", { timeoutMs: 200 }));
      expect(states.at(-1)).toMatchObject({ phase: "timedOut" });
      return elapsedOf(states);
    };
    // The request's own limit would end each at a second or later; a busy machine may need some tries to be sooner.
    await expect.poll(watch).toBeLessThan(1_000);
    await expectNoConnections(server);
  });

  test("covers stream and polls together", async () => {
    await using server = await startReadinessServer({ stream: [stream()], poll: [booting] });
    const watch = async (): Promise<{ phase?: string; source?: string; isInTime: boolean }> => {
      const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1", { timeoutMs: 1_000, idleTimeoutMs: 800 }));
      return { ...states.at(-1), isInTime: elapsedOf(states) < 1_800 }; // when a deadline made anew for the polls would end
    };
    await expect.poll(watch).toMatchObject({ phase: "timedOut", source: "poll", isInTime: true });
  });

  test("asks exactly once when there is no time at all", async () => {
    await using server = await startReadinessServer({ stream: [stream(readyFrame)], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 0 })).toBe(false);
    expect([server.streams, server.polls]).toEqual([0, 1]);
  });

  test.each([
    ["true when that one answer is ready", ready, true],
    ["false when that one request fails", status(503), false],
  ])("no time at all is %s", async (_, answer, outcome) => {
    await using server = await startReadinessServer({ poll: [answer] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 0 })).toBe(outcome);
    expect([server.streams, server.polls]).toEqual([0, 1]);
  });

  test("no time at all still rejects when the sandbox is unknown", async () => {
    await using server = await startReadinessServer({});
    await expect(server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 0 })).rejects.toMatchObject({ status: 404 });
  });

  test("is not misled by a wall clock that jumps", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const jumps = [86_400_000, -86_400_000, 3_600_000];
    const jumping = status(200, { ready: false }, { date: "Thu, 01 Jan 1970 00:00:00 GMT" });
    await using server = await startReadinessServer({
      poll: [
        (response) => {
          vi.setSystemTime(Date.now() + (jumps.shift() ?? 0));
          return jumping(response);
        },
      ],
    });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1", { stream: false, timeoutMs: 250 }));
    expect(server.polls).toBeGreaterThan(3);
    const elapsedMs = elapsedOf(states);
    expect(elapsedMs).toBeGreaterThanOrEqual(249);
    expect(elapsedMs).toBeLessThan(60_000); // the smallest jump is an hour
  });

  test("reads a Retry-After date by the server's own clock", async () => {
    const limited = status(429, {}, { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:00:01 GMT" });
    await using server = await startReadinessServer({ poll: [limited, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { stream: false, timeoutMs: 10_000 })).toBe(true);
    expect(gapsMs(server)[0]).toBeGreaterThanOrEqual(990);
  });
});

describe("polling", () => {
  test("asks one poll at a time, and none beside an open stream", async () => {
    const slow = (response: Parameters<typeof booting>[0]): void => void setTimeout(() => void booting(response), 25);
    await using server = await startReadinessServer({ stream: [cutStream(keepalive), endedStream(keepalive)], poll: [slow] });
    await waitUntilSeen(server, () => server.polls > 5 && server.streams > 1);
    expect(server.mostInFlight).toBe(1);
  });

  test("pauses for the poll interval between an answer and the next request", async () => {
    await using server = await startReadinessServer({ poll: [booting, booting, booting, booting, ready] });
    await server.client.sandboxes.waitUntilReady("sb_1", { stream: false, pollIntervalMs: 60 });
    expect(server.polls).toBe(5);
    for (const gapMs of gapsMs(server)) expect(gapMs).toBeGreaterThanOrEqual(58);
  });

  test("does not storm a server that limits it with Retry-After: 0", async () => {
    const limited = status(429, {}, { "retry-after": "0" });
    await using server = await startReadinessServer({ stream: [limited], poll: [limited, limited, limited, ready] });
    await server.client.sandboxes.waitUntilReady("sb_1", { pollIntervalMs: 60 });
    expect(server.polls).toBe(4);
    for (const gapMs of gapsMs(server)) expect(gapMs).toBeGreaterThanOrEqual(58);
  });

  test("waits for the retry_after of the body where there is no header", async () => {
    await using server = await startReadinessServer({ poll: [status(429, { message: "slow down", retry_after: 0.5 }), ready] });
    await server.client.sandboxes.waitUntilReady("sb_1", { stream: false });
    expect(gapsMs(server)[0]).toBeGreaterThanOrEqual(490);
  });

  test("gives up a poll that is not answered, and asks again", async () => {
    await using server = await startReadinessServer({ poll: [silence, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { stream: false, timeoutMs: 10_000 })).toBe(true);
    expect([server.polls, server.mostInFlight]).toEqual([2, 1]);
  });

  test("a stream that is never answered gives way to polling after five seconds, however long silence may last", async () => {
    await using server = await startReadinessServer({ stream: [silence], poll: [ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 60_000 })).toBe(true);
    expect([server.streams, server.polls, server.mostInFlight]).toEqual([1, 1, 1]);
  });

  test("an idle timeout of nothing loses the stream, not the polls", async () => {
    await using server = await startReadinessServer({ stream: [stream()], poll: [booting, ready] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { idleTimeoutMs: 0 })).toBe(true);
  });
});

describe("reopening", () => {
  test("uses a stream again that has recovered", async () => {
    await using server = await startReadinessServer({ stream: [cutStream(keepalive), stream(keepalive, readyFrame)], poll: [booting] });
    const states = await statesOf(server.client.sandboxes.watchReadiness("sb_1"));
    expect(server.streams).toBe(2);
    expect(states.map(({ phase, source }) => `${phase} by ${source}`)).toEqual([
      "connecting by stream",
      "booting by stream",
      "booting by poll",
      "booting by stream",
      "ready by stream",
    ]);
  });

  test("uses a stream again whose server was overloaded at first", async () => {
    await using server = await startReadinessServer({ stream: [status(503), status(500), stream(readyFrame)], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1")).toBe(true);
    expect(server.streams).toBe(3);
  });

  test("does not flap when every stream is cut: it is opened ever more rarely", async () => {
    await using server = await startReadinessServer({ stream: [cutStream()], poll: [booting] });
    await waitUntilSeen(server, () => server.streams >= 3);
    const atMs = server.requests.filter(({ route }) => route === "stream").map((request) => request.atMs);
    // The pauses with the smallest jitter.
    for (const [index, leastMs] of [100, 200].entries()) expect((atMs[index + 1] ?? 0) - (atMs[index] ?? 0)).toBeGreaterThanOrEqual(leastMs - 1);
    expect(server.polls).toBeGreaterThan(server.streams);
  });

  test("where polls fail, a stream that fell silent is tried again, and its word counts", async () => {
    await using server = await startReadinessServer({ stream: [stream(keepalive), stream(readyFrame)], poll: [status(503)] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 30_000, idleTimeoutMs: 300 })).toBe(true);
    expect(server.streams).toBe(2);
    expect(server.polls).toBeGreaterThanOrEqual(3);
    await expectNoConnections(server);
  });

  test("while polls work, never opens a stream again that fell silent", async () => {
    await using server = await startReadinessServer({ stream: [stream(keepalive)], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { timeoutMs: 1_500, idleTimeoutMs: 50 })).toBe(false);
    expect(server.streams).toBe(1);
  });

  test("keepalives keep a stream from being silent", async () => {
    const beat = stream(...Array<string>(300).fill(keepalive), readyFrame);
    await using server = await startReadinessServer({ stream: [beat], poll: [booting] });
    expect(await server.client.sandboxes.waitUntilReady("sb_1", { idleTimeoutMs: 1_000 })).toBe(true);
    expect(server.polls).toBe(0);
  });

  test("a watcher that takes its time makes no stream silent", async () => {
    await using server = await startReadinessServer({ stream: [stream(keepalive + readyFrame)], poll: [booting] });
    const phases: string[] = [];
    for await (const { phase } of server.client.sandboxes.watchReadiness("sb_1", { idleTimeoutMs: 400 })) {
      phases.push(phase);
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    expect([phases, server.polls]).toEqual([["connecting", "booting", "ready"], 0]);
  });
});

/** Pauses between the end of an answer and the next request. */
function gapsMs(server: { requests: readonly { atMs: number; endedAtMs: number | undefined }[] }): number[] {
  return server.requests.slice(1).map((request, index) => request.atMs - (server.requests[index]?.endedAtMs ?? Number.NaN));
}
