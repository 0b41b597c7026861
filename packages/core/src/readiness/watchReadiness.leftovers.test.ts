import { setTimeout as sleep } from "node:timers/promises";
import { isApiError, type WatchReadinessOptions } from "@miosa/core";
import { expectNoConnections } from "@miosa/local/testing";
import { describe, expect, test } from "vitest";
import { collectGarbage, countAbortListeners, countLastingTimers, expectNoMoreTimersThan } from "../../test/leftovers.js";
import {
  type Answer,
  booting,
  ready,
  type ReadinessServer,
  silence,
  startReadinessServer,
  status,
  stream,
} from "../../test/startReadinessServer.js";

interface Situation {
  server: ReadinessServer;
  controller: AbortController;
  /** A wait with these options would last for an hour. */
  options: WatchReadinessOptions;
  /** Resolves once the wait is at its place and the garbage has been collected. */
  arrived: () => Promise<void>;
}

interface Place {
  stream: readonly Answer[];
  poll: readonly Answer[];
  isReached: (server: ReadinessServer) => boolean;
}

const onStream = (server: ReadinessServer): boolean => server.streams === 1;
const streaming: Place = { stream: [stream(": keepalive\n\n")], poll: [booting], isReached: onStream };

/** Where a wait can be when it is left. */
const places: Record<string, Place> = {
  "opening the stream": { stream: [silence], poll: [booting], isReached: onStream },
  "reading the stream": streaming,
  "asking a poll": { stream: [status(404)], poll: [silence], isReached: (server) => server.polls === 1 },
  "pausing after a poll": {
    stream: [status(404)],
    poll: [status(429, {}, { "retry-after": "3600" })],
    isReached: (server) => server.polls === 1 && server.requests.every(({ endedAtMs }) => endedAtMs !== undefined),
  },
};

/** Starts a server, lets a wait be made and left, and fails when a connection, a timer or a listener is left. */
async function leave(place: Place, run: (situation: Situation) => Promise<void>): Promise<void> {
  await using server = await startReadinessServer(place);
  const controller = new AbortController();
  const timersBefore = await countLastingTimers();
  await run({
    server,
    controller,
    options: { signal: controller.signal, timeoutMs: 3_600_000, idleTimeoutMs: 3_600_000 },
    async arrived() {
      await expect.poll(() => place.isReached(server)).toBe(true);
      for (let round = 0; round < 3; round += 1) {
        collectGarbage();
        await sleep(10); // what the collector let go of is found out in later turns
      }
    },
  });
  await expectNoConnections(server);
  await expectNoMoreTimersThan(timersBefore);
  if (countAbortListeners(controller.signal) > 0) throw new Error("A listener is left on the caller's signal.");
}

describe.each(Object.entries(places))("while %s, leaves nothing open:", (_, place) => {
  test("an abort, which rejects with the caller's own reason", async () => {
    const reason = { left: "the page" };
    await leave(place, async ({ server, controller, options, arrived }) => {
      const wait = server.client.sandboxes.waitUntilReady("sb_1", options);
      const aborted = arrived().then(() => controller.abort(reason));
      await expect(wait).rejects.toBe(reason);
      await aborted;
    });
  });

  test("return() from outside while a next() is pending, which both end", async () => {
    await leave(place, async ({ server, options, arrived }) => {
      const watch = server.client.sandboxes.watchReadiness("sb_1", options);
      const drained = (async () => {
        for await (const { phase } of watch) expect(["connecting", "booting"]).toContain(phase);
      })();
      await arrived();
      expect(await watch.return()).toEqual({ done: true, value: undefined });
      await drained;
      expect(await watch.next()).toEqual({ done: true, value: undefined });
    });
  });

  test("the deadline", async () => {
    let isReached = false;
    // A busy machine may need longer than the first of these to get there.
    for (let timeoutMs = 300; !isReached; timeoutMs *= 2) {
      await leave(place, async ({ server, options }) => {
        expect(await server.client.sandboxes.waitUntilReady("sb_1", { ...options, timeoutMs })).toBe(false);
        isReached = place.isReached(server);
      });
    }
  });
});

describe("leaves nothing open:", () => {
  test("breaking out of the loop while the stream is open", async () => {
    await leave(streaming, async ({ server, options }) => {
      for await (const { phase } of server.client.sandboxes.watchReadiness("sb_1", options)) {
        if (phase === "booting") break;
      }
      expect(server.streams).toBe(1);
    });
  });

  test("throwing out of the loop", async () => {
    const problem = new Error("the page's own");
    await leave(streaming, async ({ server, options }) => {
      const loop = async (): Promise<void> => {
        for await (const { phase } of server.client.sandboxes.watchReadiness("sb_1", options)) if (phase === "booting") throw problem;
      };
      await expect(loop()).rejects.toBe(problem);
    });
  });

  const endings: Record<string, { script: Omit<Place, "isReached">; more?: WatchReadinessOptions; outcome: unknown }> = {
    "ready by stream": { script: { stream: [stream("event: ready\ndata: {}\n\n")], poll: [booting] }, outcome: true },
    "ready by polling": { script: { stream: [status(404)], poll: [booting, ready] }, outcome: true },
    "ready by polling after the stream fell silent": { script: { stream: [stream()], poll: [ready] }, more: { idleTimeoutMs: 100 }, outcome: true },
    "timed out by the server": { script: { stream: [stream("event: timeout\n\n")], poll: [booting] }, outcome: false },
    refused: { script: { stream: [status(401)], poll: [booting] }, outcome: 401 },
  };

  test.each(Object.entries(endings))("a wait that ends %s", async (_, { script, more, outcome }) => {
    await leave({ ...script, isReached: () => true }, async ({ server, options }) => {
      const wait = server.client.sandboxes.waitUntilReady("sb_1", { ...options, ...more });
      expect(await wait.catch((error: unknown) => isApiError(error) && error.status)).toBe(outcome);
    });
  });

  test("a watch that is iterated to its end, though the server keeps the stream open", async () => {
    const place = { ...streaming, stream: [stream("event: ready\ndata: {}\n\n")] };
    await leave(place, async ({ server, options }) => {
      const seen: string[] = [];
      for await (const { phase } of server.client.sandboxes.watchReadiness("sb_1", options)) seen.push(phase);
      expect(seen).toEqual(["connecting", "booting", "ready"]);
    });
  });

  test("a watch that nobody iterates", async () => {
    await leave(streaming, async ({ server, options }) => {
      server.client.sandboxes.watchReadiness("sb_1", options);
      await expect.poll(() => server.requests).toEqual([]);
    });
  });

  test("a watch that is returned before it began, which makes no request", async () => {
    await leave(streaming, async ({ server, options }) => {
      const watch = server.client.sandboxes.watchReadiness("sb_1", options);
      expect(await watch.return()).toEqual({ done: true, value: undefined });
      expect(await watch.next()).toEqual({ done: true, value: undefined });
      expect(server.requests).toEqual([]);
    });
  });

  test("ten waits on one long-lived signal", async () => {
    await leave({ ...streaming, stream: [stream("event: ready\ndata: {}\n\n")] }, async ({ server, options }) => {
      const waits = Array.from({ length: 10 }, () => server.client.sandboxes.waitUntilReady("sb_1", options));
      expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));
    });
  });
});

describe("aborting", () => {
  test("rejects with the caller's own reason when aborted in mid-stream", async () => {
    await using server = await startReadinessServer(streaming);
    const controller = new AbortController();
    const reason = new Error("the user went away");
    const states: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const { phase } of server.client.sandboxes.watchReadiness("sb_1", { signal: controller.signal })) {
        states.push(phase);
        if (phase === "booting") setTimeout(() => controller.abort(reason), 20);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(states).toEqual(["connecting", "booting"]);
    await expectNoConnections(server);
  });

  test("rejects with a DOMException named AbortError when no reason is given", async () => {
    await using server = await startReadinessServer(streaming);
    const controller = new AbortController();
    const wait = server.client.sandboxes.waitUntilReady("sb_1", { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    const thrown: unknown = await wait.catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: "AbortError" });
    expect(thrown).toBe(controller.signal.reason);
  });

  test("an aborted signal makes no request, and no state", async () => {
    await using server = await startReadinessServer(streaming);
    const signal = AbortSignal.abort("too late");
    await expect(server.client.sandboxes.waitUntilReady("sb_1", { signal })).rejects.toBe("too late");
    await expect(server.client.sandboxes.watchReadiness("sb_1", { signal }).next()).rejects.toBe("too late");
    expect(server.requests).toEqual([]);
  });

  test("a signal of AbortSignal.timeout rejects with its own TimeoutError", async () => {
    await using server = await startReadinessServer(streaming);
    const signal = AbortSignal.timeout(50);
    await expect(server.client.sandboxes.waitUntilReady("sb_1", { signal })).rejects.toMatchObject({ name: "TimeoutError" });
    await expectNoConnections(server);
  });
});
