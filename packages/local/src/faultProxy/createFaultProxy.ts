import { connect, createServer, type Socket } from "node:net";
import { type ByteFault, createByteFaultCursor } from "./byteFaults.js";
import { createFaultyPipe, type FaultyPipe } from "./faultyPipe.js";
import { createSeededRandom, type SeededRandom } from "./seededRandom.js";

/** What is to go wrong on one connection, by direction. */
export interface ConnectionFaults {
  /** In what the client sends. */
  toServer?: readonly ByteFault[] | undefined;
  /** In what the client receives. */
  toClient?: readonly ByteFault[] | undefined;
}

/** A connection that a client has just made to the proxy. */
export interface ProxiedConnection {
  /** 0 for the first one, then counting up. */
  readonly index: number;
  /** Its own source of random numbers, out of the proxy's seed and its index alone. */
  readonly random: SeededRandom;
}

/** Options of `createFaultProxy`. */
export interface FaultProxyOptions {
  /** Port of 127.0.0.1 that the connections go on to. */
  targetPort: number;
  /** Decides all that `random` draws. @default 0 */
  seed?: string | number | undefined;
  /** Chooses the faults of each connection. @default none */
  faults?: ((connection: ProxiedConnection) => ConnectionFaults) | undefined;
}

/** A fault that has happened. */
export interface FaultRecord {
  connection: number;
  direction: "toServer" | "toClient";
  fault: ByteFault;
}

/** A proxy that makes TCP connections fail in chosen ways. */
export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /**
   * Sockets that are open right now, one towards the client and one towards the server for each connection; `unused` are those
   * of connections on which the client never sent a byte, as Node's `fetch` opens one after an abort.
   * https://github.com/nodejs/undici/issues/5845
   */
  connections(): { sockets: number; unused: number };
  /** Connections made so far. */
  connectionCount(): number;
  /** The faults that have happened so far, connection by connection. */
  happened(): FaultRecord[];
  /** From now on nothing goes wrong any more, on old connections or new ones. What is blocked already stays so. */
  calm(): void;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

interface Open {
  /** Its open sockets, if the client never sent a byte on it. */
  unused(): number;
  happened(): FaultRecord[];
  calm(): void;
  close(): void;
}

/**
 * Starts a proxy on a free port of 127.0.0.1, in front of any server on the same machine. It knows bytes and nothing of HTTP. The
 * faults of a connection depend on the seed and its index only, so a run that fails does so again with its seed.
 *
 * A client that hangs up is always passed on to the server, even where its bytes are stalled, so that a fault leaves nothing
 * open; a server that hangs up is not, where its bytes are stalled: silence is what that fault is about.
 */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const random = createSeededRandom(options.seed ?? 0);
  const sockets = new Set<Socket>();
  const connections: Open[] = [];
  let isCalm = false;
  let closed: Promise<void> | undefined;

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const index = connections.length;
    const faults = isCalm ? {} : (options.faults?.({ index, random: random.fork(index) }) ?? {});
    const upstream = connect({ host: "127.0.0.1", port: options.targetPort, allowHalfOpen: true });
    track(client);
    track(upstream);
    connections.push(join(index, client, upstream, faults));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;

  async function closeNow(): Promise<void> {
    const stopped = new Promise((resolve) => server.close(resolve));
    const gone = Array.from(sockets, (socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const connection of connections) connection.close();
    await Promise.all([stopped, ...gone]);
  }
  const close = (): Promise<void> => (closed ??= closeNow());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => ({
      sockets: sockets.size,
      unused: connections.reduce((sum, connection) => sum + connection.unused(), 0),
    }),
    connectionCount: () => connections.length,
    happened: () => connections.flatMap((connection) => connection.happened()),
    calm() {
      isCalm = true;
      for (const connection of connections) connection.calm();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Joins the two sockets of a connection until both are closed. */
function join(index: number, client: Socket, upstream: Socket, faults: ConnectionFaults): Open {
  const controller = new AbortController();
  const { signal } = controller;
  const resetting = new Set<Socket>();
  const cursors = {
    toServer: createByteFaultCursor(faults.toServer ?? []),
    toClient: createByteFaultCursor(faults.toClient ?? []),
  };

  function reset(): void {
    controller.abort();
    for (const socket of [client, upstream]) resetSocket(socket);
  }

  /**
   * Node shuts a socket down before it resets it, and a socket that is destroyed meanwhile is never closed at all. So one that cannot
   * be reset at once is destroyed instead, and one that is being reset is left alone and reads no more, as an error would destroy it.
   */
  function resetSocket(socket: Socket): void {
    if (socket.destroyed || resetting.has(socket)) return;
    const isShuttingDown = socket.writableEnded && !socket.writableFinished;
    if (socket.connecting || socket.writableLength > 0 || isShuttingDown) {
      socket.destroy();
      return;
    }
    resetting.add(socket);
    socket.pause();
    socket.resetAndDestroy();
  }

  function destroy(socket: Socket): void {
    if (!resetting.has(socket)) socket.destroy();
  }

  function cut(): void {
    controller.abort();
    for (const socket of [client, upstream]) if (!resetting.has(socket)) socket.destroySoon();
  }

  const on = { onReset: reset, onCut: cut };
  createFaultyPipe(client, upstream, cursors.toServer, { ...on, onSourceEnd: onClientEnd }, signal);
  const answers = createFaultyPipe(upstream, client, cursors.toClient, { ...on, onSourceEnd: onServerEnd }, signal);

  function onClientEnd(): void {
    if (answers.isBlocked || upstream.destroyed) cut();
    else upstream.end();
  }

  function onServerEnd({ isBlocked }: FaultyPipe): void {
    if (!isBlocked) client.end();
  }

  client.on("error", reset);
  upstream.on("error", () => {
    // A client whose answers are blocked must not learn that the server is gone; any other gets a reset as well.
    if (!answers.isBlocked) reset();
  });
  client.once("close", () => {
    controller.abort();
    destroy(upstream);
  });
  upstream.once("close", () => {
    if (client.readableEnded) cut();
  });

  return {
    unused: () => (client.bytesRead > 0 ? 0 : [client, upstream].filter((socket) => !socket.closed).length),
    happened: () => [
      ...cursors.toServer.happened.map((fault) => ({ connection: index, direction: "toServer" as const, fault })),
      ...cursors.toClient.happened.map((fault) => ({ connection: index, direction: "toClient" as const, fault })),
    ],
    calm() {
      cursors.toServer.calm();
      cursors.toClient.calm();
    },
    close() {
      controller.abort();
      destroy(client);
      destroy(upstream);
    },
  };
}
