import { PassThrough } from "node:stream";
import { onTestFinished, expect, test } from "vitest";
import type { Channel, ChannelEvents } from "./channels.mjs";
import { frameOf, frameTypes } from "./frames.mjs";
import { createMux } from "./mux.mjs";

type Mux = ReturnType<typeof createMux>;
type OnCall = (method: string, params: unknown, channel: Channel) => ChannelEvents;

/** Both sides of a connection. */
function connect(onServerCall?: OnCall, onBoxCall?: OnCall): { server: Mux; box: Mux; toServer: PassThrough; toBox: PassThrough } {
  const [toServer, toBox] = [new PassThrough(), new PassThrough()];
  const server = createMux("server", toServer, toBox, onServerCall);
  const box = createMux("box", toBox, toServer, onBoxCall);
  onTestFinished(() => [server, box].forEach((each) => each.close(new Error("The test is over."))));
  return { server, box, toServer, toBox };
}

const answer: OnCall = (method, params, channel) => {
  channel.done({ method, params });
  return {};
};

test("either side calls the other, at the same time too", async () => {
  const { server, box } = connect(answer, answer);
  const results = await Promise.all([server.call("a", 1).result, box.call("b", 2).result, server.call("c", null).result]);
  expect(results).toEqual([{ method: "a", params: 1 }, { method: "b", params: 2 }, { method: "c", params: null }]);
});

test("a flood of tiny pieces arrives whole", async () => {
  let taken = 0;
  const { box } = connect((_, __, channel) => ({
    onData: async (___, bytes) => void (taken += bytes.byteLength),
    onEnd: () => channel.done(taken),
  }));
  const call = box.call("take", null);
  for (let i = 0; i < 50_000; i += 1) void call.send(1, Uint8Array.of(i % 256));
  call.end(1);
  expect(await call.result).toBe(50_000);
});

test("a receiver that takes nothing gets a window full and no more", async () => {
  let sent = 0;
  const { box, toServer } = connect(() => ({ onData: () => new Promise(() => {}) }));
  toServer.on("data", (bytes: Buffer) => (sent += bytes.length));
  void box.call("take", null).send(1, Buffer.alloc(4_000_000));
  await expect.poll(() => sent).toBeGreaterThan(200_000);
  expect(sent).toBeLessThan(300_000);
});

test.each([
  ["sends more than the window", [frameOf(frameTypes.open, 2, [Buffer.from("{}")]), ...Array.from({ length: 3 }, () => frameOf(frameTypes.data, 2, [Buffer.alloc(100_000)]))]],
  ["sends more tiny pieces than the window holds", [frameOf(frameTypes.open, 2, [Buffer.from("{}")]), ...Array.from({ length: 5_000 }, () => frameOf(frameTypes.data, 2, [Buffer.alloc(2)]))]],
  ["calls by a number of the other side's", [frameOf(frameTypes.open, 1, [Buffer.from("{}")])]],
  ["opens a call twice", [frameOf(frameTypes.open, 2, [Buffer.from("{}")]), frameOf(frameTypes.open, 2, [Buffer.from("{}")])]],
  ["ends a call that it made", [frameOf(frameTypes.open, 2, [Buffer.from("{}")]), frameOf(frameTypes.done, 2, [Buffer.from("{}")])]],
  ["calls with what is no JSON", [frameOf(frameTypes.open, 2, [Buffer.from("{")])]],
  ["sends a frame of a wrong length", [Buffer.of(0xff, 0xff, 0xff, 0xff, 1)]],
] as const)("a side that %s is cut off", async (_, frames) => {
  const { server, toServer } = connect(() => ({ onData: () => new Promise(() => {}) }));
  for (const frame of frames) toServer.write(frame);
  expect(await server.ended).toMatchObject({ name: "ConnectionBroken" });
});

test("a side that calls and calls and never reads is cut off before its answers fill the memory", async () => {
  const [toServer, toNobody] = [new PassThrough(), new PassThrough()];
  const server = createMux("server", toServer, toNobody, (_, __, channel) => {
    channel.fail("x".repeat(900_000));
    return {};
  });
  for (let i = 0; i < 100; i += 1) toServer.write(frameOf(frameTypes.open, 2 + 2 * i, [Buffer.from("{}")]));
  expect(await server.ended).toMatchObject({ message: "The other side does not read." });
});

test("calls that are open when the connection breaks fail on both sides, and so does each one after", async () => {
  const seen: string[] = [];
  const { server } = connect(undefined, () => {
    seen.push("called");
    return { onCancel: () => void seen.push("called off") };
  });
  const open = server.call("a", null);
  await expect.poll(() => seen).toEqual(["called"]);
  server.close(new Error("over"));
  await expect(open.result).rejects.toThrow("over");
  await expect(server.call("b", null).result).rejects.toThrow("over");
  await expect.poll(() => seen).toEqual(["called", "called off"]);
});
