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

test.each([
  ["in one line", `data: ${"x".repeat(300_000)}`],
  ["in one line of many pieces", "data: ", ...Array.from({ length: 30 }, () => "x".repeat(10_000))],
  ["in many lines", ...Array.from({ length: 30 }, () => `data: ${"x".repeat(10_000)}\n`)],
])("an event that is longer than any may be ends the reading at once, while the stream is still open: %s", async (_, ...pieces) => {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({ start: (controller) => pieces.forEach((piece) => controller.enqueue(encoder.encode(piece))) });
  const reading = readEvents(body, { idleMs: 60_000, signal: new AbortController().signal, onMessage: () => undefined });
  await expect(reading).rejects.toMatchObject({ type: "max-buffer-size-exceeded" });
});

test("a long event that is within the limit is read whole", async () => {
  const data = "x".repeat(200_000);
  expect(await eventsOf("data: ", data, "\n\n")).toEqual([[undefined, data]]);
});

/** A stream that sends one event and then nothing; `cancelled` resolves when its reader lets go. */
function silentStream(): { body: ReadableStream<Uint8Array>; cancelled: Promise<unknown> } {
  let tell: (value: unknown) => void = () => undefined;
  const cancelled = new Promise((resolve) => (tell = resolve));
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")), cancel: () => tell(true) });
  return { body, cancelled };
}

test("a stream that falls silent is given up, and its connection closed", async () => {
  const { body, cancelled } = silentStream();
  await expect(readEvents(body, { idleMs: 20, signal: new AbortController().signal, onMessage: () => undefined })).rejects.toThrow("fell silent");
  expect(await cancelled).toBe(true);
});

test("an abort ends the reading, and closes the connection", async () => {
  const { body, cancelled } = silentStream();
  const abort = new AbortController();
  await expect(readEvents(body, { idleMs: 60_000, signal: abort.signal, onMessage: () => abort.abort(new Error("left")) })).rejects.toThrow("left");
  expect(await cancelled).toBe(true);
});
