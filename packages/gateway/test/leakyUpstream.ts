import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { openServer } from "./servers.js";

/** What the upstream wrote down of one request. */
export interface SeenRequest {
  method: string;
  url: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: string;
}

/** One sandbox of the upstream. */
export interface LeakyResource {
  id: string;
  name: string;
  external_workspace_id: string | null;
  external_user_id: string | null;
  secret: string;
  [member: string]: unknown;
}

/** Text that no browser may ever see. */
export const upstreamText = "STACKTRACE at db.internal.example:5432";

/** Secrets of a resource, found in every answer about it. */
export const secretOf = (id: string): string => `SECRET-${id}`;

export const owners: Readonly<Record<string, readonly [workspace: string | null, user: string | null]>> = {
  "acme-1": ["acme", "ann"],
  "acme-2": ["acme", "bob"],
  "acme-3": ["acme", null],
  "globex-1": ["globex", "gil"],
  "globex-2": ["globex", "gus"],
  "orphan-1": [null, null],
};

/** An API that gives everything to whoever comes: filters are ignored, and every answer says more than it should. */
export interface LeakyUpstream {
  baseUrl: string;
  seen: SeenRequest[];
  /** Answers the next requests whose path matches, instead of the usual. */
  answerWith(answer: (request: SeenRequest, outgoing: ServerResponse) => boolean): void;
  /** Streams that are open now. */
  openStreams: Set<ServerResponse>;
  /** Writes an event to every open event stream. */
  emit(frame: string): void;
  /** True once the API filters lists and usage as it is asked to. */
  honoursFilters: boolean;
  sockets: Set<Duplex>;
  reset(): void;
  close(): Promise<void>;
}

export async function startLeakyUpstream(): Promise<LeakyUpstream> {
  const seen: SeenRequest[] = [];
  const openStreams = new Set<ServerResponse>();
  const sockets = new Set<Duplex>();
  const created = new Map<string, LeakyResource>();
  let override: ((request: SeenRequest, outgoing: ServerResponse) => boolean) | undefined;
  const server = await openServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("latin1");
    incoming.on("data", (chunk: string) => (body += chunk));
    incoming.on("end", () => {
      const url = new URL(incoming.url ?? "/", "http://upstream");
      const request: SeenRequest = {
        method: incoming.method ?? "",
        url: incoming.url ?? "",
        path: url.pathname.replace(/^\/api\/v1/, ""),
        query: url.searchParams,
        headers: incoming.headers,
        body,
      };
      seen.push(request);
      if (!override?.(request, outgoing)) answer(request, outgoing);
    });
  });
  server.server.on("upgrade", (incoming: IncomingMessage, socket: Duplex) => {
    const url = new URL(incoming.url ?? "/", "http://upstream");
    seen.push({ method: "WS", url: incoming.url ?? "", path: url.pathname.replace(/^\/api\/v1/, ""), query: url.searchParams, headers: incoming.headers, body: "" });
    const accept = createHash("sha1").update(`${incoming.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const offered = incoming.headers["sec-websocket-protocol"];
    const protocol = offered ? `Sec-WebSocket-Protocol: ${offered.split(",")[0]?.trim()}\r\n` : "";
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: up=1\r\n${protocol}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    sockets.add(socket);
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.on("close", () => sockets.delete(socket));
  });

  const api: LeakyUpstream = {
    baseUrl: `${server.baseUrl}/api/v1`,
    seen,
    openStreams,
    sockets,
    honoursFilters: false,
    answerWith: (answerer) => (override = answerer),
    emit(frame) {
      for (const stream of openStreams) stream.write(frame);
    },
    reset() {
      seen.length = 0;
      created.clear();
      override = undefined;
      api.honoursFilters = false;
    },
    close: () => server.close(),
  };
  return api;

  function answer(request: SeenRequest, outgoing: ServerResponse): void {
    const { method, path } = request;
    const id = /^\/(?:computers|sandboxes)\/([^/]+)/.exec(path)?.[1];
    if (path === "/events/stream") return openStream(outgoing, ": hello\n\n");
    if (path.startsWith("/usage")) return send(outgoing, 200, usage(request));
    if (path.startsWith("/sandboxes/by-name/")) return sendResource(outgoing, decodeURIComponent(path.split("/")[3] ?? ""));
    if (id === undefined) {
      if (method === "POST") return create(request, outgoing);
      return send(outgoing, 200, list(request));
    }
    if (id === "boom") return send(outgoing, 500, { error: upstreamText });
    if (!find(id)) return send(outgoing, 404, { error: { code: "NOT_FOUND", message: `${upstreamText} no ${id}` } });
    if (path.endsWith("/fork") || path.endsWith("/clone")) return create(request, outgoing);
    const listed = /\/(snapshot|preview)s$/.exec(path)?.[1];
    if (listed && method === "GET") return send(outgoing, 200, { data: [{ id: `${listed === "snapshot" ? "snap" : "pv"}-${id}` }] });
    if (path.endsWith("/readiness/stream") || path.endsWith("/exec/stream")) return openStream(outgoing, `: keepalive ${secretOf(id)}\n\n`);
    if (path.endsWith("/files/download")) {
      outgoing.writeHead(200, { "content-type": "text/html", "set-cookie": "up=1", "content-disposition": 'inline; filename="a.html"' });
      outgoing.end(`<script>${secretOf(id)}</script>`);
      return;
    }
    sendResource(outgoing, id);
  }

  function find(id: string): LeakyResource | undefined {
    const made = created.get(id);
    if (made) return made;
    const owner = owners[id];
    if (!owner) return undefined;
    return { id, name: id, external_workspace_id: owner[0], external_user_id: owner[1], secret: secretOf(id), output: secretOf(id) };
  }

  function sendResource(outgoing: ServerResponse, id: string): void {
    const resource = find(id);
    if (resource) send(outgoing, 200, resource);
    else send(outgoing, 404, { error: { code: "NOT_FOUND", message: `${upstreamText} no ${id}` } });
  }

  function list({ query }: SeenRequest): unknown {
    const rows = Object.keys(owners).map(find);
    const filter = query.get("external_workspace_id");
    const shown = api.honoursFilters && filter !== null ? rows.filter((row) => row?.external_workspace_id === filter) : rows;
    return { data: shown, meta: { total: shown.length, page: 1, per_page: 100 }, debug: upstreamText };
  }

  function usage({ path, query }: SeenRequest): unknown {
    if (path.endsWith("/summary")) return { compute_hours: 7, secret: secretOf("globex-1") };
    if (path.endsWith("/sessions")) return { data: Object.keys(owners).map((id) => ({ computer_id: id, secret: secretOf(id) })), meta: { total: 6 } };
    const key = query.get("group_by") ?? "external_user_id";
    const column = key === "external_workspace_id" ? 0 : 1;
    const rows = Object.entries(owners)
      .filter(([, owner]) => !api.honoursFilters || owner[0] === query.get("external_workspace_id"))
      .map(([id, owner]) => ({ [key]: owner[column], sandbox_seconds: 60, secret: secretOf(id) }));
    return { period_start: "2026-05-01T00:00:00Z", results: rows, total: 6, debug: upstreamText };
  }

  function create({ body }: SeenRequest, outgoing: ServerResponse): void {
    const fields: unknown = JSON.parse(body || "{}");
    const id = `made-${created.size + 1}`;
    const resource: LeakyResource = { id, name: id, external_workspace_id: null, external_user_id: null, secret: secretOf(id), ...(typeof fields === "object" ? fields : {}) };
    created.set(id, resource);
    send(outgoing, 201, resource);
  }

  function openStream(outgoing: ServerResponse, first: string): void {
    outgoing.writeHead(200, { "content-type": "text/event-stream", "set-cookie": "up=1" });
    outgoing.write(first);
    openStreams.add(outgoing);
    outgoing.on("close", () => openStreams.delete(outgoing));
  }
}

export function send(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { "content-type": "application/json", "set-cookie": "up=1", "x-internal-host": upstreamText, server: "upstream/9" });
  outgoing.end(JSON.stringify(body));
}
