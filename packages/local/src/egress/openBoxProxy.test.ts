import { once } from "node:events";
import { request as startRequest, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startRawServer } from "../testing.js";
import { createAddressCheck } from "./addresses.js";
import { createAllowList } from "./allowList.js";
import type { EgressEntry } from "./egressOptions.js";
import { type BoxProxyOptions, openBoxProxy } from "./openBoxProxy.js";

/** A busy machine takes its time. */
const patience = { timeout: 8_000 };

interface Proxy {
  readonly port: number;
  readonly entries: Omit<EgressEntry, "sandboxId">[];
  /** Connections to it that are open. */
  readonly open: ReadonlySet<Socket>;
}

interface Setup extends Partial<BoxProxyOptions> {
  readonly resolve?: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** A proxy behind a socket, as the box's agent has it, that lets through to `upstreams` by the name `up.test` and by the address. */
async function startProxy(upstreams: readonly number[], { resolve = async () => ["127.0.0.1"], ...options }: Setup = {}): Promise<Proxy> {
  const isPublic = createAddressCheck();
  const allowList = createAllowList(upstreams.flatMap((port) => [`up.test:${port}`, `127.0.0.1:${port}`]), isPublic);
  const entries: Proxy["entries"] = [];
  const accept = openBoxProxy({ isPublic, allowList, resolve }, { onConnection: (entry) => void entries.push(entry), ...options });
  const { server, sockets } = await listen(accept);
  return { port: portOf(server), entries, open: sockets };
}

async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the test looks at what comes of it
    socket.once("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, sockets };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function dial(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {}); // the same
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Says something and reads until the other side ends. */
async function say(port: number, text: string): Promise<string> {
  const socket = dial(port);
  socket.write(text);
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
  await untilOver(socket);
  return answer;
}

/** Makes a tunnel, and resolves once it stands. */
async function tunnel(proxy: Proxy, upstream: number): Promise<Socket> {
  const socket = dial(proxy.port);
  socket.write(`CONNECT up.test:${upstream} HTTP/1.1\r\n\r\n`);
  const established = "HTTP/1.1 200 Connection established\r\n\r\n";
  await once(socket, "readable");
  expect(String(socket.read(established.length))).toBe(established);
  return socket;
}

/** Resolves when the other side has ended or cut the connection. */
async function untilOver(socket: Socket): Promise<void> {
  socket.resume();
  await Promise.race([once(socket, "end"), once(socket, "close")]);
}

const get = (url: string, more = ""): string => `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${more}\r\n`;

test("a request is passed on with what is meant for the other end, and so is its answer", async () => {
  await using upstream = await startRawServer(async (request, response) => {
    const body = await textOf(request);
    response.writeHead(201, "Made", [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], ["X-Hop", "no"], ["Connection", "X-Hop"], ["X-End", "yes"]].flat());
    response.end(`${request.method} ${request.url} ${body}`);
  });
  const proxy = await startProxy([upstream.port]);
  const headers = ["X-Twice: 1", "X-Twice: 2", "X-Hop: no", "Connection: X-Hop", "Proxy-Authorization: Basic c2VjcmV0", "Content-Length: 4"].join("\r\n");
  const answer = await say(proxy.port, `POST http://up.test:${upstream.port}/a/b?c=d HTTP/1.1\r\nHost: up.test:${upstream.port}\r\n${headers}\r\n\r\nbody`);
  expect(answer).toMatch(/^HTTP\/1\.1 201 Made\r\n/);
  expect(answer).toContain("POST /a/b?c=d body");
  expect(answer.match(/set-cookie: .*/gi)).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
  expect([answer.includes("x-end: yes"), answer.includes("X-Hop"), answer.includes("x-hop")]).toEqual([true, false, false]);
  expect(upstream.requests[0]?.headers).toEqual({ host: `up.test:${upstream.port}`, "x-twice": "1, 2", "content-length": "4", via: "1.1 miosa-local", connection: "close" });
  expect(proxy.entries).toEqual([{ outcome: "opened", target: `up.test:${upstream.port}` }]);
});

test("a body of unknown length is passed on in chunks, whatever the method, so that it cannot be read as another request", async () => {
  const bodies: string[] = [];
  await using upstream = await startRawServer(async (request, response) => {
    bodies.push(await textOf(request));
    response.end("once");
  });
  const proxy = await startProxy([upstream.port]);
  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  const answer = await say(proxy.port, get(`http://up.test:${upstream.port}/`, "Transfer-Encoding: chunked\r\n") + `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`);
  expect([answer.match(/once/g)?.length, bodies, upstream.requests.map(({ url }) => url)]).toEqual([1, [smuggled], ["/"]]);
});

test("what is refused says what to list, and the log has neither path nor password", async () => {
  const proxy = await startProxy([1]);
  const answer = await say(proxy.port, get("http://other.test:81/path?token=hush", "Proxy-Authorization: Basic hush\r\n"));
  expect(answer).toContain("HTTP/1.1 403 Forbidden");
  expect(answer).toContain("proxy-status: miosa-local; error=http_request_denied");
  expect(answer).toContain("--allow-egress other.test:81");
  expect(await say(proxy.port, "CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n")).toContain("--allow-egress other.test:443");
  expect(await say(proxy.port, get("http://me:hush@other.test/").replace("Host: other.test", "Host: other.test"))).toContain("HTTP/1.1 400");
  expect(proxy.entries).toEqual([
    { outcome: "refused", target: "other.test:81", reason: "is not on the list" },
    { outcome: "refused", target: "other.test:443", reason: "is not on the list" },
    { outcome: "refused", reason: expect.stringContaining("without a user name") },
  ]);
});

test("a name is looked up once a connection, and what was checked is what is connected to", async () => {
  await using upstream = await startRawServer((_, response) => void response.end("inside"));
  let asked = 0;
  const resolve = async (): Promise<string[]> => [[["3ffe::1"], ["127.0.0.1"]][asked++] ?? []].flat();
  const isPublic = createAddressCheck();
  const accept = openBoxProxy({ isPublic, allowList: createAllowList([`up.test:${upstream.port}`], isPublic), resolve }, { onConnection: () => {}, connectTimeoutMs: 400 });
  const { server } = await listen(accept);
  expect(await say(portOf(server), get(`http://up.test:${upstream.port}/`))).toMatch(/^HTTP\/1\.1 50[24] /);
  expect(asked).toBe(1);
  expect(await say(portOf(server), get(`http://up.test:${upstream.port}/`))).toMatch(/^HTTP\/1\.1 403 [^]*destination_ip_prohibited[^]*not public/);
  expect([asked, upstream.requests.length]).toEqual([2, 0]);
});

test("a host that is not found, or where nothing listens, is told apart from one that is not allowed", async () => {
  const free = await listen(() => {});
  const nobody = portOf(free.server);
  free.server.close();
  const proxy = await startProxy([nobody, 1], { resolve: async (host) => (host === "up.test" ? ["127.0.0.1"] : []) });
  expect(await say(proxy.port, `CONNECT up.test:${nobody} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 502 [^]*error=destination_unavailable[^]*ECONNREFUSED/);
  const lost = await startProxy([1], { resolve: async () => Promise.reject(new Error("no such name")) });
  expect(await say(lost.port, get("http://up.test:1/"))).toMatch(/^HTTP\/1\.1 502 [^]*error=dns_error/);
  expect([proxy.entries, lost.entries].flat().map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
});

test("a host that cannot be found in time is called off", async () => {
  let calledOff = false;
  const resolve = (_: string, signal: AbortSignal): Promise<string[]> => new Promise(() => signal.addEventListener("abort", () => (calledOff = true)));
  const proxy = await startProxy([1], { resolve, connectTimeoutMs: 100 });
  expect(await say(proxy.port, get("http://up.test:1/"))).toMatch(/^HTTP\/1\.1 504 [^]*error=connection_timeout/);
  expect(calledOff).toBe(true);
});

test("a program that leaves while its host is looked up calls that off", async () => {
  let calledOff = false;
  const resolve = (_: string, signal: AbortSignal): Promise<string[]> => new Promise(() => signal.addEventListener("abort", () => (calledOff = true)));
  const proxy = await startProxy([1], { resolve });
  const socket = dial(proxy.port);
  socket.write("CONNECT up.test:1 HTTP/1.1\r\n\r\n");
  await expect.poll(() => proxy.open.size, patience).toBe(1);
  socket.resetAndDestroy();
  await expect.poll(() => calledOff, patience).toBe(true);
});

test("an answer that is cut off is not taken for the whole", async () => {
  const upstream = await listen((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", () => socket.end()));
  });
  const proxy = await startProxy([portOf(upstream.server)]);
  const whole = new Promise<string>((resolve, reject) => {
    const asked = startRequest({ port: proxy.port, path: `http://up.test:${portOf(upstream.server)}/`, headers: { host: `up.test:${portOf(upstream.server)}` } }, (answer: IncomingMessage) => void textOf(answer).then(resolve, reject));
    asked.on("error", reject);
    asked.end();
  });
  await expect(whole).rejects.toThrow();
});

test("a host that ends the connection without an answer is a 502", async () => {
  const upstream = await listen((socket) => socket.once("data", () => socket.end()));
  const proxy = await startProxy([portOf(upstream.server)]);
  expect(await say(proxy.port, get(`http://up.test:${portOf(upstream.server)}/`))).toMatch(/^HTTP\/1\.1 502 [^]*without a whole answer/);
});

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
  await expect.poll(() => [proxy.open.size, upstream.sockets.size], patience).toEqual([0, 0]);

  let said = "";
  const early = await listen((other) => {
    other.end("first");
    other.on("data", (bytes) => (said += String(bytes)));
  });
  const second = await startProxy([portOf(early.server)]);
  const talker = await tunnel(second, portOf(early.server));
  await untilOver(talker);
  talker.end("still here");
  await expect.poll(() => said, patience).toBe("still here");
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
  await expect.poll(() => settled(() => there?.writableLength), patience).toBe(true);
  expect(taken).toBe(0);
  expect(socket.writableLength + (there?.writableLength ?? 0)).toBeGreaterThan(flood.length);
  let read = 0;
  socket.on("data", (bytes) => (read += bytes.length)).resume();
  there?.resume();
  await expect.poll(() => read, patience).toBe(flood.length);
});

test("whichever end of a tunnel is cut, the other is cut too", async () => {
  const upstream = await listen((socket) => socket.resume());
  const proxy = await startProxy([portOf(upstream.server)]);
  (await tunnel(proxy, portOf(upstream.server))).resetAndDestroy();
  await expect.poll(() => [proxy.open.size, upstream.sockets.size], patience).toEqual([0, 0]);
  const socket = await tunnel(proxy, portOf(upstream.server));
  for (const each of upstream.sockets) each.resetAndDestroy();
  await untilOver(socket);
  await expect.poll(() => [proxy.open.size, upstream.sockets.size], patience).toEqual([0, 0]);
});

test("tunnels whose both ends have ended leave no handle of the machine's behind", async () => {
  const handles = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  const upstream = await listen((socket) => void socket.once("data", () => socket.end("all")));
  const isPublic = createAddressCheck();
  const allowList = createAllowList([`127.0.0.1:${portOf(upstream.server)}`], isPublic);
  const accept = openBoxProxy({ isPublic, allowList, resolve: async () => [] }, { onConnection: () => {} });
  await expect.poll(handles, patience).toBe(0);
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
  await expect.poll(handles, patience).toBe(0);
});

test("one connection more than a sandbox may have is refused, and taken once another has ended", async () => {
  const upstream = await listen((socket) => void socket.on("end", () => socket.end()).resume());
  const proxy = await startProxy([portOf(upstream.server)], { maxConnections: 2 });
  const first = await tunnel(proxy, portOf(upstream.server));
  await tunnel(proxy, portOf(upstream.server));
  expect(await say(proxy.port, `CONNECT up.test:${portOf(upstream.server)} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 503 [^]*2 connections open/);
  first.end();
  await expect.poll(() => upstream.sockets.size, patience).toBe(1);
  await expect.poll(() => proxy.open.size, patience).toBe(1);
  await tunnel(proxy, portOf(upstream.server));
});

test("a tunnel on which nothing moves is ended", async () => {
  const upstream = await listen((socket) => socket.resume());
  const proxy = await startProxy([portOf(upstream.server)], { idleTimeoutMs: 100 });
  await untilOver(await tunnel(proxy, portOf(upstream.server)));
  await expect.poll(() => [proxy.open.size, upstream.sockets.size], patience).toEqual([0, 0]);
});

test("a connection that does not say where it wants to is ended", async () => {
  const proxy = await startProxy([1], { connectTimeoutMs: 100 });
  const socket = dial(proxy.port);
  socket.write("GET http://up.test:1/ HTTP/1.1\r\nHost: ");
  await untilOver(socket);
  await expect.poll(() => proxy.open.size, patience).toBe(0);
});

/** True when a number is there and does not change any more. */
async function settled(read: () => number | undefined): Promise<boolean> {
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return before !== undefined && before === read();
}
