import { once } from "node:events";
import { expect, test } from "vitest";
import { answering, answeringOpen, openClient, startProxy, startTarget } from "../../test/proxyEnds.js";
import { expectNoConnections } from "../testing/expectNoConnections.js";
import { sleep } from "../timers.js";

test("a stalled answer stays silent even after the server has hung up", async () => {
  const target = await startTarget(answering("abcdef"));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "stall", at: 4 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.text).toBe("abcd");
  await sleep(60);
  expect([client.text(), client.state()]).toEqual(["abcd", "open"]);
});

test("a client that gives up on a stalled answer leaves nothing open, even at a server that would go on", async () => {
  const target = await startTarget(answeringOpen("abcdef"));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "stall", at: 4 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.text).toBe("abcd");
  client.socket.destroy();
  await expectNoConnections(proxy);
});

test("a client that gives up on a stalled question leaves nothing open", async () => {
  const target = await startTarget((socket) => void socket.once("end", () => socket.end()));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toServer: [{ kind: "stall", at: 3 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("question");
  await expect.poll(target.received).toBe("que");
  client.socket.destroy();
  await expectNoConnections(proxy);
  await expect.poll(() => target.sockets.size).toBe(0);
});

test("a reset reaches both sides after exactly its bytes", async () => {
  const errors: string[] = [];
  const target = await startTarget((socket) => {
    socket.on("error", (error) => errors.push("code" in error ? String(error.code) : ""));
    answeringOpen("abcdef")(socket);
  });
  const proxy = await startProxy({
    targetPort: target.port,
    faults: () => ({ toClient: [{ kind: "delay", at: 3, delayMs: 20 }, { kind: "reset", at: 3 }] }),
  });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.state).toBe("ECONNRESET");
  expect(client.text()).toBe("abc");
  await expect.poll(() => errors).toEqual(["ECONNRESET"]);
  await expectNoConnections(proxy);
});

test("a reset before the first byte refuses the connection", async () => {
  const target = await startTarget(answering("never"));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toServer: [{ kind: "reset", at: 0 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.state).toBe("ECONNRESET");
  await expectNoConnections(proxy);
});

test("a cut closes both sides in the orderly way", async () => {
  const ends: string[] = [];
  const target = await startTarget((socket) => {
    socket.once("end", () => ends.push("end"));
    answeringOpen("abcdef")(socket);
  });
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "cut", at: 3 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("?");
  await expect.poll(client.state).toBe("end");
  expect(client.text()).toBe("abc");
  await expect.poll(() => ends).toEqual(["end"]);
  await expectNoConnections(proxy);
});

test("a half-closed answer ends while the question goes on", async () => {
  const target = await startTarget(answeringOpen("abcdef"));
  const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "halfClose", at: 3 }] }) });
  const client = openClient(proxy.port);
  client.socket.write("one ");
  await expect.poll(client.state).toBe("end");
  expect(client.text()).toBe("abc");
  client.socket.write("two");
  await expect.poll(target.received).toBe("one two");
});

test("a server that is not there resets the client", async () => {
  const target = await startTarget(() => undefined);
  const proxy = await startProxy({ targetPort: target.port });
  target.close();
  const client = openClient(proxy.port);
  await expect.poll(client.state).toBe("ECONNRESET");
  await expectNoConnections(proxy);
});

test("close cuts every connection, stalled ones too, and no new one is taken", async () => {
  const target = await startTarget(answeringOpen("abcdef"));
  const proxy = await startProxy({
    targetPort: target.port,
    faults: ({ index }) => (index === 0 ? { toClient: [{ kind: "stall", at: 1 }] } : { toClient: [{ kind: "delay", at: 1, delayMs: 60_000 }] }),
  });
  const clients = [openClient(proxy.port), openClient(proxy.port), openClient(proxy.port)];
  for (const client of clients) client.socket.write("?");
  for (const client of clients) await expect.poll(client.text).toBe("a");
  await proxy.close();
  expect(proxy.connections()).toEqual({ sockets: 0, unused: 0 });
  await proxy.close();
  const late = openClient(proxy.port);
  await expect.poll(late.state).toBe("ECONNREFUSED");
});

test("close ends while connections are being reset", async () => {
  const target = await startTarget(answeringOpen("abcdef"));
  for (let time = 0; time < 30; time += 1) {
    const proxy = await startProxy({ targetPort: target.port, faults: () => ({ toClient: [{ kind: "reset", at: 3 }] }) });
    const clients = Array.from({ length: 4 }, () => openClient(proxy.port));
    for (const client of clients) client.socket.write("?");
    await once(clients[time % 4]?.socket ?? target.server, "data");
    await proxy.close();
    expect(proxy.connections().sockets).toBe(0);
  }
});
