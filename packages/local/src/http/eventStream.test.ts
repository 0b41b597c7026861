import { Hono } from "hono";
import { expect, test } from "vitest";
import { type EventStream, openEventStream } from "./eventStream.js";
import type { LocalEnv } from "./localEnv.js";

async function open(): Promise<{ response: Response; stream: EventStream; ends: () => number }> {
  const opened: EventStream[] = [];
  let ends = 0;
  const app = new Hono<LocalEnv>().get("/", (context) =>
    openEventStream(context, (stream) => {
      stream.onEnd(() => (ends += 1));
      opened.push(stream);
    }),
  );
  const response = await app.request("/", {}, {});
  const [stream] = opened;
  if (!stream) throw new Error("The stream did not start.");
  return { response, stream, ends: () => ends };
}

test("a frame carries its id, its event and its data as one line of JSON", async () => {
  const { response, stream } = await open();
  stream.comment("hello");
  stream.send({ id: "7", event: "sandbox.ready", data: { text: "two\nlines" } });
  stream.close();
  expect(await response.text()).toBe(': hello\n\nid: 7\nevent: sandbox.ready\ndata: {"text":"two\\nlines"}\n\n');
});

test("a client that leaves more than a megabyte unread is cut off", async () => {
  const { response, stream, ends } = await open();
  for (let i = 0; i < 10; i += 1) stream.send({ event: "large", data: "x".repeat(100_000) });
  expect(ends()).toBe(0);
  stream.send({ event: "large", data: "x".repeat(100_000) });
  expect(ends()).toBe(1);
  await expect(response.text()).rejects.toThrow("cut");
});

test("a stream ends once, whoever ends it and how often, and takes nothing more", async () => {
  const { response, stream, ends } = await open();
  stream.close();
  stream.close();
  stream.cut();
  stream.comment("too late");
  expect(await response.text()).toBe("");
  let late = 0;
  stream.onEnd(() => (late += 1));
  expect([ends(), late]).toEqual([1, 1]);
});
