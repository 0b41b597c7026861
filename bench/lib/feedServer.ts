import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** An API with an event stream, in a thread of its own. */
export interface FeedServer {
  url: string;
  /** Sends an event about a sandbox of acme to every stream. */
  emit(eventId: string): void;
  /** How many streams are open. */
  streams(): Promise<number>;
  close(): Promise<void>;
}

const program = `
  const { createServer } = require("node:http");
  const { parentPort } = require("node:worker_threads");
  const streams = new Set();
  const server = createServer((request, response) => {
    if (!request.url.includes("/events/stream")) {
      const id = request.url.split("/").pop();
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id, external_workspace_id: "acme" }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": heartbeat\\n\\n");
    streams.add(response);
    response.on("close", () => streams.delete(response));
  });
  parentPort.on("message", (message) => {
    if (message === "streams") return parentPort.postMessage(streams.size);
    for (const stream of streams) stream.write(message);
  });
  server.listen(0, "127.0.0.1", 4096, () => parentPort.postMessage(server.address().port));
`;

/** Starts the API. */
export async function startFeedServer(): Promise<FeedServer> {
  const worker = new Worker(program, { eval: true });
  const answer = async (): Promise<number> => {
    const message: readonly unknown[] = await once(worker, "message", { signal: AbortSignal.timeout(10_000) });
    const value = message[0];
    if (typeof value !== "number") throw new Error("The server did not answer with a number");
    return value;
  };
  const port = await answer();
  return {
    url: `http://127.0.0.1:${port}/api/v1`,
    emit(eventId) {
      const data = JSON.stringify({ type: "sandbox.ready", id: "sbx_7k2", status: "running", ts: "2026-06-01T10:00:01Z" });
      worker.postMessage(`id: ${eventId}\nevent: sandbox.ready\ndata: ${data}\n\n`);
    },
    streams() {
      worker.postMessage("streams");
      return answer();
    },
    async close() {
      await worker.terminate();
    },
  };
}
