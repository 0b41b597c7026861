import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { createAddressCheck } from "../src/egress/addresses.js";
import { createAllowList } from "../src/egress/allowList.js";
import type { EgressEntry } from "../src/egress/egressOptions.js";
import { type BoxProxyOptions, openBoxProxy } from "../src/egress/openBoxProxy.js";

/** A proxy that a test talks to. */
export interface Proxy {
  readonly port: number;
  readonly entries: Omit<EgressEntry, "sandboxId">[];
  /** Connections to it that are open. */
  readonly open: ReadonlySet<Socket>;
}

/** What a test chooses of a proxy. */
export interface Setup extends Partial<BoxProxyOptions> {
  readonly resolve?: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** A proxy behind a socket, as the box's agent has it, that lets through to `upstreams` by the name `up.test` and by the address. */
export async function startProxy(upstreams: readonly number[], { resolve = async () => ["127.0.0.1"], ...options }: Setup = {}): Promise<Proxy> {
  const isPublic = createAddressCheck();
  const allowList = createAllowList(upstreams.flatMap((port) => [`up.test:${port}`, `127.0.0.1:${port}`]), isPublic);
  const entries: Proxy["entries"] = [];
  const accept = openBoxProxy({ isPublic, allowList, resolve }, { onConnection: (entry) => void entries.push(entry), ...options });
  const { server, sockets } = await listen(accept);
  return { port: portOf(server), entries, open: sockets };
}

/** Listens on a free port, until the test ends. */
export async function listen(onConnection: (socket: Socket) => void): Promise<{ server: Server; sockets: Set<Socket> }> {
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

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

/** Connects, until the test ends. */
export function dial(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {}); // the same
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Says something and reads until the other side ends. */
export async function say(port: number, text: string): Promise<string> {
  const socket = dial(port);
  socket.write(text);
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
  await untilOver(socket);
  return answer;
}

/** Makes a tunnel, and resolves once it stands. */
export async function tunnel(proxy: Proxy, upstream: number): Promise<Socket> {
  const socket = dial(proxy.port);
  socket.write(`CONNECT up.test:${upstream} HTTP/1.1\r\n\r\n`);
  const established = "HTTP/1.1 200 Connection established\r\n\r\n";
  await once(socket, "readable");
  expect(String(socket.read(established.length))).toBe(established);
  return socket;
}

/** Resolves when the other side has ended or cut the connection. */
export async function untilOver(socket: Socket): Promise<void> {
  socket.resume();
  await Promise.race([once(socket, "end"), once(socket, "close")]);
}

/** A request for a whole address, as a proxy takes it. */
export const get = (url: string, more = ""): string => `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${more}\r\n`;
