import { expect, test } from "vitest";
import { readEvents } from "./upstreamEvents.js";

/** The events of a stream that arrives in these pieces. */
async function eventsOf(...pieces: string[]): Promise<[type: string | undefined, data: string][]> {
  const events: [string | undefined, string][] = [];
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
  await readEvents(body, { idleMs: 5_000, signal: new AbortController().signal, onMessage: ({ type, data }) => events.push([type, data]) });
  return events;
}

test("the first event counts also after a byte order mark", async () => {
  expect(await eventsOf("\ufeffevent: sandbox.ready\ndata: {}\n\n")).toEqual([["sandbox.ready", "{}"]]);
});

test("events are read over the borders of pieces, whatever ends their lines", async () => {
  expect(await eventsOf("event: a\r", "\ndata: 1\r\n\r", "\nda", "ta: 2\n\ndata: 3\r\r", ": end\n")).toEqual([
    ["a", "1"],
    [undefined, "2"],
    [undefined, "3"],
  ]);
});
