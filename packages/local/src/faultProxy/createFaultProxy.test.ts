import { expect, test } from "vitest";
import { answering, openClient, startProxy, startTarget } from "../../test/proxyEnds.js";
import { expectNoConnections } from "../testing/expectNoConnections.js";

test("without faults bytes pass both ways and both ends are closed", async () => {
  const target = await startTarget(answering("answer"));
  const proxy = await startProxy({ targetPort: target.port });
  const client = openClient(proxy.port);
  client.socket.write("question");
  await expect.poll(client.state).toBe("end");
  expect(client.text()).toBe("answer");
  expect(target.received()).toBe("question");
  expect(proxy.connections().sockets).toBe(2);
  client.socket.end();
  await expectNoConnections(proxy);
  expect(proxy.connectionCount()).toBe(1);
});

test("ten million bytes arrive whole and in order", async () => {
  const big = Buffer.alloc(10_000_000, "0123456789abcdef");
  const target = await startTarget((socket) => void socket.once("data", () => socket.end(big)));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "delay", at: 100_000, delayMs: 50 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.state).toBe("end");
  expect(Buffer.concat(client.chunks).equals(big)).toBe(true);
});

test("a split answer arrives whole, in more pieces than one", async () => {
  const target = await startTarget(answering("abcdefghij"));
  const proxy = await startProxy({
    targetPort: target.port,
    faults: () => ({ toClient: [{ kind: "split", at: 0, everyBytes: 1 }, { kind: "delay", at: 5, delayMs: 20 }] }),
  });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.state).toBe("end");
  expect(client.text()).toBe("abcdefghij");
  expect(client.chunks.length).toBeGreaterThan(1);
});

test("a delay holds the bytes after its offset back", async () => {
  const target = await startTarget(answering("abcdef"));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "delay", at: 3, delayMs: 120 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.text, { interval: 5 }).toBe("abc");
  await expect.poll(client.text).toBe("abcdef");
});

test("a connection that nothing was ever sent on is told apart", async () => {
  const target = await startTarget((socket) => void socket.once("end", () => socket.end()));
  const proxy = await startProxy({ targetPort: target.port });
  const clients = [openClient(proxy.port), openClient(proxy.port)];
  await expect.poll(proxy.connections).toEqual({ sockets: 4, unused: 4 });
  clients[0]?.socket.write("?");
  await expect.poll(proxy.connections).toEqual({ sockets: 4, unused: 2 });
  for (const { socket } of clients) socket.destroy();
  await expect.poll(proxy.connections).toEqual({ sockets: 0, unused: 0 });
});

test("dropped and duplicated bytes change the content and nothing else", async () => {
  const target = await startTarget(answering("abcdef"));
  const proxy = await startProxy({
    targetPort: target.port,
    faults: () => ({
      toServer: [{ kind: "duplicate", at: 0, sizeBytes: 2 }],
      toClient: [{ kind: "drop", at: 2, sizeBytes: 2 }],
    }),
  });
  const client = openClient(proxy.port);
  client.socket.write("xyz");
  await expect.poll(client.state).toBe("end");
  expect(client.text()).toBe("abef");
  expect(target.received()).toBe("xyxyz");
});

test("after calm old and new connections are left alone", async () => {
  const target = await startTarget((socket) => void socket.on("data", () => socket.write("abcdef")));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "reset", at: 9 }] }) });
  const old = openClient(proxy.port);
  old.socket.write("?");
  await expect.poll(old.text).toBe("abcdef");
  proxy.calm();
  const young = openClient(proxy.port);
  for (const client of [old, young]) for (let time = 0; time < 3; time += 1) client.socket.write("?");
  old.socket.write("?");
  await expect.poll(() => old.text().length).toBeGreaterThan(9);
  await expect.poll(() => young.text().length).toBeGreaterThan(5);
  expect(proxy.happened()).toEqual([]);
});
