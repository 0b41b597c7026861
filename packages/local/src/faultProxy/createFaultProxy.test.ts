import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { expectNoConnections } from "../testing/expectNoConnections.js";
import { sleep } from "../timers.js";
import { createFaultProxy, type FaultProxy, type FaultProxyOptions } from "./createFaultProxy.js";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

interface Target {
  port: number;
  server: Server;
  sockets: Set<Socket>;
  received(): string;
}

/** A server that does what `serve` says with each connection. */
async function startTarget(serve: (socket: Socket) => void): Promise<Target> {
  const sockets = new Set<Socket>();
  let received = "";
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => (received += bytes.toString("latin1")));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: typeof address === "object" && address ? address.port : 0, server, sockets, received: () => received };
}

async function startProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await createFaultProxy(options);
  cleanUps.push(() => proxy.close());
  return proxy;
}

interface Client {
  socket: Socket;
  chunks: Buffer[];
  text(): string;
  /** How the connection was left: `open`, `end` (the other side ended), or an error code. */
  state(): string;
}

function openClient(port: number): Client {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  cleanUps.push(() => void socket.destroy());
  const chunks: Buffer[] = [];
  let state = "open";
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => (state = "end"));
  socket.on("error", (error) => (state = "code" in error ? String(error.code) : error.message));
  return { socket, chunks, text: () => Buffer.concat(chunks).toString("latin1"), state: () => state };
}

/** Answers each connection with this text after its first bytes, and then ends. */
const answering = (text: string) => (socket: Socket) => void socket.once("data", () => socket.end(text));
/** The same, but leaves the connection open. */
const answeringOpen = (text: string) => (socket: Socket) => void socket.once("data", () => socket.write(text));

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
  await expect.poll(client.state, { timeout: 5_000 }).toBe("end");
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

test("a server that is not there resets the client", async () => {
  const target = await startTarget(() => undefined);
  const proxy = await startProxy({ targetPort: target.port });
  await cleanUps.shift()?.();
  const client = openClient(proxy.port);
  await expect.poll(client.state).toBe("ECONNRESET");
  await expectNoConnections(proxy);
});

test("faults are those of the seed and the connection, whatever else happens", async () => {
  const target = await startTarget(answering("abcdefghijklmnopqrstuvwxyz"));
  const lengths = async (seed: number): Promise<number[]> => {
    const proxy = await startProxy({
      targetPort: target.port,
      seed,
      faults: ({ random }) => ({ toClient: [{ kind: "cut", at: random.integer(0, 25) }] }),
    });
    const clients = Array.from({ length: 6 }, () => openClient(proxy.port));
    for (const client of clients) client.socket.write("?");
    for (const client of clients) await expect.poll(client.state).toBe("end");
    expect(proxy.happened().map(({ fault }) => fault.at)).toEqual(clients.map((client) => client.text().length));
    return clients.map((client) => client.text().length);
  };
  const first = await lengths(1);
  expect(await lengths(1)).toEqual(first);
  expect(await lengths(2)).not.toEqual(first);
});

test("what one connection draws changes nothing for another", async () => {
  const target = await startTarget(answering("abcdefghijklmnopqrstuvwxyz"));
  const secondCut = async (drawnByFirst: number): Promise<number> => {
    const proxy = await startProxy({
      targetPort: target.port,
      seed: 5,
      faults({ index, random }) {
        const draws = Array.from({ length: index === 0 ? drawnByFirst : 1 }, () => random.integer(0, 25));
        return { toClient: [{ kind: "cut", at: draws[0] ?? 0 }] };
      },
    });
    let length = 0;
    for (const client of [openClient(proxy.port), openClient(proxy.port)]) {
      client.socket.write("?");
      await expect.poll(client.state).toBe("end");
      ({ length } = client.text());
    }
    return length;
  };
  expect(await secondCut(0)).toBe(await secondCut(3));
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
