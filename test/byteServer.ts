import { startRawServer, type RawServer } from "../packages/local/src/testing/startRawServer.js";

/** Serves each of `bodies` once as an event stream, at `/0`, `/1`, …, to any page; whoever comes back gets 204, which ends an EventSource. */
export async function startByteServer(bodies: readonly Uint8Array[]): Promise<RawServer> {
  const served = new Set<string>();
  return startRawServer((request, response) => {
    const path = request.url ?? "";
    response.setHeader("access-control-allow-origin", "*");
    if (served.has(path)) {
      response.writeHead(204).end();
      return;
    }
    served.add(path);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.end(bodies[Number(path.slice(1))]);
  });
}
