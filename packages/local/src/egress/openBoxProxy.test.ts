import { request as startRequest, type IncomingMessage } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { expect, test } from "vitest";
import { dial, get, listen, portOf, say, startProxy } from "../../test/boxProxy.js";
import { startRawServer } from "../testing.js";
import { createAddressCheck } from "./addresses.js";
import { createAllowList } from "./allowList.js";
import { openBoxProxy } from "./openBoxProxy.js";

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
  await expect.poll(() => proxy.open.size).toBe(1);
  socket.resetAndDestroy();
  await expect.poll(() => calledOff).toBe(true);
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
