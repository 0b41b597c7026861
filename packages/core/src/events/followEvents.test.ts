import { createMiosaClient } from "@miosa/core";
import { expect, onTestFinished, test } from "vitest";
import { rejection, startRawTransport } from "../../test/rawTransport.js";

const startStream = (text: string) =>
  startRawTransport((_, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(text));

test("an event of a sandbox's own stream is about that sandbox, where it does not say so itself", async () => {
  await using raw = await startStream('id: 1\nevent: sandbox.exec.stdout\ndata: {"exec_id":"e","line":"hi"}\n\n');
  for await (const event of createMiosaClient({ baseUrl: raw.server.url }).events.sandboxStream("box 1")) {
    expect(event).toMatchObject({ type: "sandbox.exec.stdout", resourceId: "box 1", execId: "e" });
    break;
  }
});

test.each(["while it waits for an event", "while an event is looked at"])("a wake-up %s opens the stream anew at once, after the last event", async (when) => {
  const page = new EventTarget();
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, "document"));
  await using raw = await startStream("id: 7\ndata: {}\n\n");
  const losses: unknown[] = [];
  const events = createMiosaClient({ baseUrl: raw.server.url }).events.stream({ onLost: (loss) => losses.push(loss) });
  await events.next();
  const waiting = when.includes("waits") ? events.next() : undefined;
  page.dispatchEvent(new Event("resume"));
  expect(await (waiting ?? events.next())).toMatchObject({ done: false, value: { eventId: "7" } });
  expect(losses).toEqual([{ error: undefined, retryInMs: 0 }]);
  expect(raw.server.requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "7"]);
  await events.return();
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("a wake-up gives up an opening that gets no answer, and opens the stream anew at once", async () => {
  const page = new EventTarget();
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, "document"));
  await using raw = await startRawTransport((_, response) => {
    if (raw.server.requests.length > 1) response.writeHead(200, { "content-type": "text/event-stream" }).write("id: 7\ndata: {}\n\n");
  });
  const losses: unknown[] = [];
  const events = createMiosaClient({ baseUrl: raw.server.url }).events.stream({ onLost: (loss) => losses.push(loss) });
  const first = events.next();
  await expect.poll(() => raw.openRequests()).toBe(1);
  page.dispatchEvent(new Event("resume"));
  expect(await first).toMatchObject({ done: false, value: { eventId: "7" } });
  expect(losses).toEqual([{ error: undefined, retryInMs: 0 }]);
  await expect.poll(() => raw.openRequests()).toBe(1);
  await events.return();
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("an abort after a wake-up rejects with the caller's own reason", async () => {
  const page = new EventTarget();
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, "document"));
  await using raw = await startStream("id: 7\ndata: {}\n\n");
  const abort = new AbortController();
  const events = createMiosaClient({ baseUrl: raw.server.url }).events.stream({ signal: abort.signal });
  await events.next();
  const waiting = rejection(events.next());
  page.dispatchEvent(new Event("resume"));
  abort.abort("bye");
  expect(await waiting).toBe("bye");
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("an error thrown by a listener of the stream's opening reaches the loop, and closes the connection", async () => {
  await using raw = await startStream(":\n\n");
  const mine = new Error("mine");
  const stream = createMiosaClient({ baseUrl: raw.server.url }).events.stream({
    onOpen: () => {
      throw mine;
    },
  });
  expect(await rejection(stream.next())).toBe(mine);
  await expect.poll(() => raw.openRequests()).toBe(0);
});

test("what no stream can be opened with is refused before any request, as a typed error", async () => {
  await using raw = await startStream(":\n\n");
  const { events, exec } = createMiosaClient({ baseUrl: raw.server.url });
  const calls = [
    () => events.stream({ idleTimeoutMs: Number.NaN }).next(),
    () => events.sandboxStream("a", { idleTimeoutMs: -1 }).next(),
    () => events.stream({ lastEventId: "1\n2" }).next(),
    () => events.stream({ types: JSON.parse('"sandbox.*"') }).next(),
    () => exec.stream("a", { command: "x" }, { headers: { "no name": "x" } }).next(),
  ];
  for (const call of calls) expect(await rejection((async () => call())())).toMatchObject({ name: "MiosaError", code: "INVALID_ARGUMENT" });
  expect(raw.server.requests).toHaveLength(0);
});
