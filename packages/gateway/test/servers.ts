import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** A server of node:http on a free port of the loopback. */
export interface TestServer {
  baseUrl: string;
  server: Server;
  close(): Promise<void>;
}

/** Starts a server that the caller closes. */
export async function openServer(answer: RequestListener): Promise<TestServer> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
    server,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Starts a server for the running test, which closes it, and returns its base URL. */
export async function listen(answer: RequestListener): Promise<string> {
  const server = await openServer(answer);
  onTestFinished(() => server.close());
  return server.baseUrl;
}

/** Answers with JSON. */
export function sendJson(outgoing: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  outgoing.writeHead(status, { "content-type": "application/json", ...headers });
  outgoing.end(JSON.stringify(body));
}

export type { IncomingMessage, ServerResponse };
