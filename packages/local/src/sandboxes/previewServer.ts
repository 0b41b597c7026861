import { createServer, type Server, type Socket } from "node:net";
import type { SandboxRecord } from "./sandboxRecord.js";
import type { SandboxStore } from "./sandboxStore.js";

/** A port of a sandbox under a loopback address of its own. */
export interface PreviewServer {
  readonly url: string;
  close(): void;
}

/** How long a connection into the sandbox may take, in milliseconds. */
const dialLimitMs = 5_000;

/** Passes each connection to a free loopback port on to `port` inside the sandbox, for as long as it runs. */
export async function startPreview(store: SandboxStore, record: SandboxRecord, port: number): Promise<PreviewServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // a visitor who leaves early
    void join(store, record, port, socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function join(store: SandboxStore, record: SandboxRecord, port: number, socket: Socket): Promise<void> {
  try {
    const box = store.boxOf(record);
    if (!box) throw new Error("The sandbox is not running.");
    const inside = await box.dial(port, AbortSignal.timeout(dialLimitMs));
    inside.on("error", () => socket.destroy());
    inside.once("close", () => socket.destroy());
    socket.once("close", () => inside.destroy());
    socket.pipe(inside).pipe(socket);
  } catch {
    // Nothing listens inside: what a visitor of a web address can understand.
    socket.end("HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\nNothing listens on this port of the sandbox.\n");
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
