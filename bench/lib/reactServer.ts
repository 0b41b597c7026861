import { createServer, type ServerResponse } from "node:http";

/** A server of sandboxes for a page under measurement: it lists them, tells of each change, and serves the page itself. */
export interface ReactServer {
  url: string;
  /** Puts a sandbox into a state and tells everyone who listens. */
  change(index: number, status: string): void;
  /** Lets all sandboxes run again, without a word. */
  reset(): void;
  /** Requests so far. */
  requests(): number;
  close(): Promise<void>;
}

/** Starts it with `count` running sandboxes, `s0` to `s…`, and the page's program. */
export async function startReactServer(count: number, script: string): Promise<ReactServer> {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: `s${index}`,
    name: `sandbox ${index}`,
    status: "running",
    template_type: "miosa-sandbox",
    external_workspace_id: `customer-${index % 50}`,
    metadata: {},
    created_at: new Date(1_780_000_000_000 - index).toISOString(),
    updated_at: new Date(1_780_000_000_000).toISOString(),
  }));
  const listeners = new Set<ServerResponse>();
  let requests = 0;
  let events = 0;

  const server = createServer((request, response) => {
    requests += 1;
    const [path] = (request.url ?? "").split("?");
    if (path === "/page") {
      response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>`);
    } else if (path === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    } else if (path === "/events/stream") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
      listeners.add(response);
      response.once("close", () => listeners.delete(response));
    } else if (path === "/computers") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ computers: rows }));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => requests,
    reset() {
      for (const row of rows) row.status = "running";
    },
    change(index, status) {
      const row = rows[index];
      if (!row) throw new Error(`There is no sandbox ${index}`);
      events += 1;
      row.status = status;
      row.updated_at = new Date(1_780_000_000_000 + events * 1_000).toISOString();
      const data = JSON.stringify({ type: `sandbox.${status}`, id: row.id, status, ts: row.updated_at });
      for (const listener of listeners) listener.write(`id: ${events}\nevent: sandbox.${status}\ndata: ${data}\n\n`);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
