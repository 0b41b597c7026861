import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { VisitorScope } from "../access/visitorTokens.js";
import { createPreviewGate } from "../http/previewGate.js";
import type { SandboxRecord } from "./sandboxRecord.js";
import type { SandboxStore } from "./sandboxStore.js";
import { wake } from "./wake.js";

/** A port of a sandbox under a loopback address of its own. */
export interface PreviewServer {
  readonly url: string;
  /** Ends every open connection. New ones are taken. */
  cutConnections(): void;
  close(): void;
}

/** What a preview shows, and to whom. */
export interface PreviewTarget {
  readonly id: string;
  readonly record: SandboxRecord;
  readonly port: number;
  /** Whether a visitor needs a token. Asked for each connection. */
  readonly isPrivate: () => boolean;
  /** Rejects when the sandbox may not be woken for a visitor. */
  readonly mayWake: () => Promise<void>;
  /** What the holder of a token may do. */
  readonly scopeOf: (token: string) => VisitorScope | undefined;
}

/** How long a connection into the sandbox may take, in milliseconds. */
const dialLimitMs = 25_000;

/**
 * Answers at a free loopback port of the host with what a port inside the sandbox says, for as long as it runs. A public preview
 * passes every connection on as it is; a private one takes HTTP only, and looks at each request.
 */
export async function startPreview(store: SandboxStore, target: PreviewTarget): Promise<PreviewServer> {
  const sockets = new Set<Socket>();
  const dial = (): Promise<Duplex> => dialTarget(store, target);
  const gate = createPreviewGate({ id: target.id, scopeOf: target.scopeOf, dial });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // a visitor who leaves early
    if (target.isPrivate()) gate.takeConnection(socket);
    else void join(dial, socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const cutConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    cutConnections,
    close() {
      server.close();
      cutConnections();
    },
  };
}

async function dialTarget(store: SandboxStore, { record, port, mayWake }: PreviewTarget): Promise<Duplex> {
  const signal = AbortSignal.timeout(dialLimitMs);
  await mayWake();
  await wake(record, store, signal);
  const box = store.boxOf(record);
  if (!box) throw new Error("The sandbox is not running.");
  return box.dial(port, signal);
}

async function join(dial: () => Promise<Duplex>, socket: Socket): Promise<void> {
  try {
    const inside = await dial();
    inside.on("error", () => socket.destroy());
    inside.once("close", () => socket.destroy());
    socket.once("close", () => inside.destroy());
    if (socket.destroyed) inside.destroy();
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
