import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A bare HTTP server whose every byte the test decides. */
export interface RawServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** The requests so far, oldest first. */
  readonly requests: readonly { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  /** Connections that are open right now. */
  connections(): { sockets: number };
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1 that answers with `answer`. An error of `answer` rejects the `close`. */
export async function startRawServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: { method: string; url: string; headers: IncomingMessage["headers"] }[] = [];
  const failures: unknown[] = [];
  const http = createServer((request, response) => {
    requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    void run(answer, request, response).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
  });
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(0, "127.0.0.1", resolve);
  });
  const address = http.address();
  const port = typeof address === "object" && address ? address.port : 0;

  async function closeNow(): Promise<void> {
    const stopped = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await stopped;
    if (failures.length > 0) throw failures[0];
  }
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeNow());
  return { url: `http://127.0.0.1:${port}`, port, requests, connections: () => ({ sockets: sockets.size }), close, [Symbol.asyncDispose]: close };
}

async function run(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await answer(request, response);
}
