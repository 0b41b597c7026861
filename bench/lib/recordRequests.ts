import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";

/**
 * Serves `body` to `call`, over HTTP/2 without TLS if asked, and resolves to the requests that came, such as `GET /sandboxes/1`.
 * Rejects as the call does, or after ten seconds.
 */
export async function recordRequests(body: unknown, call: (url: string) => Promise<void>, { http2 }: { http2: boolean }): Promise<readonly string[]> {
  const requests: string[] = [];
  const answer = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(body));
  };
  const server = http2 ? createHttp2Server(answer) : createServer(answer);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const deadline = AbortSignal.timeout(10_000);
  try {
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("The server has no port");
    const tooLate = once(deadline, "abort").then(() => {
      throw new Error(`No answer within 10 s, after ${requests.join(", ") || "no request"}`);
    });
    await Promise.race([call(`http://127.0.0.1:${address.port}`), tooLate]);
    return requests;
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
