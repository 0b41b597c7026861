import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createFaultProxy, type FaultProxy, type FaultProxyOptions } from "../src/faultProxy/createFaultProxy.js";

/** A server behind a proxy. It ends with the test. */
export interface Target {
  port: number;
  server: Server;
  sockets: Set<Socket>;
  received(): string;
  close(): void;
}

/** A server that does what `serve` says with each connection. */
export async function startTarget(serve: (socket: Socket) => void): Promise<Target> {
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
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  onTestFinished(close);
  return { port: typeof address === "object" && address ? address.port : 0, server, sockets, received: () => received, close };
}

/** A proxy that ends with the test. */
export async function startProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await createFaultProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A client's side of a connection. */
export interface Client {
  socket: Socket;
  chunks: Buffer[];
  text(): string;
  /** How the connection was left: `open`, `end` (the other side ended), or an error code. */
  state(): string;
}

/** Connects to a port. The connection ends with the test. */
export function openClient(port: number): Client {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  let state = "open";
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => (state = "end"));
  socket.on("error", (error) => (state = "code" in error ? String(error.code) : error.message));
  return { socket, chunks, text: () => Buffer.concat(chunks).toString("latin1"), state: () => state };
}

/** Answers each connection with this text after its first bytes, and then ends. */
export const answering = (text: string) => (socket: Socket) => void socket.once("data", () => socket.end(text));

/** The same, but leaves the connection open. */
export const answeringOpen = (text: string) => (socket: Socket) => void socket.once("data", () => socket.write(text));
