import { once } from "node:events";
import { duplexPair } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { expect, test } from "vitest";
import { dial, listen, portOf, say, startProxy, tunnel, untilOver } from "../../test/boxProxy.js";
import { createAddressCheck } from "./addresses.js";
import { createAllowList } from "./allowList.js";
import { openBoxProxy } from "./openBoxProxy.js";

test("each end of a tunnel may end its own half first", async () => {
  const upstream = await listen((socket) => {
    let said = "";
    socket.on("data", (bytes) => (said += String(bytes)));
    socket.on("end", () => socket.end(`heard ${said}`));
  });
  const proxy = await startProxy([portOf(upstream.server)]);
  const socket = await tunnel(proxy, portOf(upstream.server));
  socket.end("all");
  expect(await textOf(socket)).toBe("heard all");
  await expect.poll(() => [proxy.open.size, upstream.sockets.size]).toEqual([0, 0]);

  let said = "";
  const early = await listen((other) => {
    other.end("first");
    other.on("data", (bytes) => (said += String(bytes)));
  });
  const second = await startProxy([portOf(early.server)]);
  const talker = await tunnel(second, portOf(early.server));
  await untilOver(talker);
  talker.end("still here");
  await expect.poll(() => said).toBe("still here");
});

test("a tunnel holds back whoever is faster, in both directions", async () => {
  let taken = 0;
  const flood = Buffer.alloc(32 * 1_048_576);
  const upstream = await listen((socket) => {
    socket.pause();
    socket.write(flood, () => (taken = flood.length));
  });
  const proxy = await startProxy([portOf(upstream.server)]);
  const socket = await tunnel(proxy, portOf(upstream.server));
  socket.pause();
  const [there] = upstream.sockets;
  socket.write(flood);
  await expect.poll(() => settled(() => there?.writableLength)).toBe(true);
  expect(taken).toBe(0);
  expect(socket.writableLength + (there?.writableLength ?? 0)).toBeGreaterThan(flood.length);
  let read = 0;
  socket.on("data", (bytes) => (read += bytes.length)).resume();
  there?.resume();
  await expect.poll(() => read).toBe(flood.length);
});

test("whichever end of a tunnel is cut, the other is cut too", async () => {
  const upstream = await listen((socket) => socket.resume());
  const proxy = await startProxy([portOf(upstream.server)]);
  (await tunnel(proxy, portOf(upstream.server))).resetAndDestroy();
  await expect.poll(() => [proxy.open.size, upstream.sockets.size]).toEqual([0, 0]);
  const socket = await tunnel(proxy, portOf(upstream.server));
  for (const each of upstream.sockets) each.resetAndDestroy();
  await untilOver(socket);
  await expect.poll(() => [proxy.open.size, upstream.sockets.size]).toEqual([0, 0]);
});

test("tunnels whose both ends have ended leave no handle of the machine's behind", async () => {
  const handles = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  const upstream = await listen((socket) => void socket.once("data", () => socket.end("all")));
  const isPublic = createAddressCheck();
  const allowList = createAllowList([`127.0.0.1:${portOf(upstream.server)}`], isPublic);
  const accept = openBoxProxy({ isPublic, allowList, resolve: async () => [] }, { onConnection: () => {} });
  await expect.poll(handles).toBe(0);
  for (let i = 0; i < 10; i += 1) {
    // Its end and its close come at once, as over the pipe to a box.
    const [box, server] = duplexPair();
    accept(server);
    box.write(`CONNECT 127.0.0.1:${portOf(upstream.server)} HTTP/1.1\r\n\r\n`);
    await once(box, "readable");
    box.write("go");
    box.resume();
    await once(box, "end");
    box.end();
    if (!server.closed) await once(server, "close");
  }
  await expect.poll(handles).toBe(0);
});

test("one connection more than a sandbox may have is refused, and taken once another has ended", async () => {
  const upstream = await listen((socket) => void socket.on("end", () => socket.end()).resume());
  const proxy = await startProxy([portOf(upstream.server)], { maxConnections: 2 });
  const first = await tunnel(proxy, portOf(upstream.server));
  await tunnel(proxy, portOf(upstream.server));
  expect(await say(proxy.port, `CONNECT up.test:${portOf(upstream.server)} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 503 [^]*2 connections open/);
  first.end();
  await expect.poll(() => upstream.sockets.size).toBe(1);
  await expect.poll(() => proxy.open.size).toBe(1);
  await tunnel(proxy, portOf(upstream.server));
});

test("a tunnel on which nothing moves is ended", async () => {
  const upstream = await listen((socket) => socket.resume());
  const proxy = await startProxy([portOf(upstream.server)], { idleTimeoutMs: 100 });
  await untilOver(await tunnel(proxy, portOf(upstream.server)));
  await expect.poll(() => [proxy.open.size, upstream.sockets.size]).toEqual([0, 0]);
});

test("a connection that does not say where it wants to is ended", async () => {
  const proxy = await startProxy([1], { connectTimeoutMs: 100 });
  const socket = dial(proxy.port);
  socket.write("GET http://up.test:1/ HTTP/1.1\r\nHost: ");
  await untilOver(socket);
  await expect.poll(() => proxy.open.size).toBe(0);
});

/** True when a number is there and does not change any more. */
async function settled(read: () => number | undefined): Promise<boolean> {
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return before !== undefined && before === read();
}
