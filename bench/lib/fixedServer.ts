import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** A server that answers every request alike. */
export interface FixedServer {
  url: string;
  close(): Promise<void>;
}

const program = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { createServer } = require(workerData.http2 ? "node:http2" : "node:http");
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(workerData.text);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

/** Starts a server in a thread of its own, so that its work is not counted as the caller's. It answers `body` as JSON; with `http2`, over HTTP/2 without TLS. */
export async function startFixedServer(body: unknown, { http2 = false } = {}): Promise<FixedServer> {
  const worker = new Worker(program, { eval: true, workerData: { text: JSON.stringify(body), http2 } });
  const message: readonly unknown[] = await once(worker, "message", { signal: AbortSignal.timeout(10_000) });
  const port = message[0];
  if (typeof port !== "number") throw new Error("The server did not say its port");
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await worker.terminate();
    },
  };
}
