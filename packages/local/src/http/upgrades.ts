import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { apiPrefix, type RoutePermission } from "@miosa/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { type Access, type Caller, maySee, mayUse } from "../access/access.js";
import type { RouteParts } from "../routes/localRoute.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { wake } from "../sandboxes/wake.js";
import { HttpProblem } from "./httpProblem.js";
import { mayWake } from "../routes/quotaRoutes.js";
import { readOrigin } from "./requestGuard.js";

/** What the sockets answer from. */
export interface UpgradeParts extends RouteParts {
  access: Access;
  allowOrigins: readonly string[];
  port: () => number;
}

/** A socket that was let in, and what it asked for. */
export interface OpenedSocket {
  readonly socket: WebSocket;
  /** The bytes below the socket. */
  readonly stream: Duplex;
  readonly record: SandboxRecord;
  readonly query: URLSearchParams;
}

/** A route that is a WebSocket. */
export interface SocketRoute {
  readonly path: `/${string}/:id/${string}`;
  readonly permission: RoutePermission;
  /** Subprotocol that a client must offer. */
  readonly protocol?: string;
  /** Subprotocol that a client may offer. */
  readonly optionalProtocol?: string;
  readonly open: (opened: OpenedSocket) => Promise<void>;
}

type Refusal = 400 | 401 | 402 | 403 | 404 | 409;

/** Longest message taken, in bytes. */
const maxMessageBytes = 16_777_216;

/** Answers WebSockets at these routes. The returned function ends them all. */
export function serveUpgrades(http: Server, routes: readonly SocketRoute[], parts: UpgradeParts): () => void {
  const protocols = new Set(routes.flatMap(({ protocol, optionalProtocol }) => protocol ?? optionalProtocol ?? []));
  const handleProtocols = (offered: Set<string>): string | false => [...offered].find((name) => protocols.has(name)) ?? false;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols });
  const allowed = new Set(parts.allowOrigins.map(readOrigin));

  async function answer(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const found = await find(request, url, stream);
    if (typeof found === "number") {
      stream.end(`HTTP/1.1 ${found} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { route, record } = found;
    sockets.handleUpgrade(request, stream, head, (socket) => void route.open({ socket, stream, record, query: url.searchParams }).catch(parts.onError));
  }

  /** The route and the sandbox that the request may use, or the status of its refusal. */
  async function find(request: IncomingMessage, url: URL, stream: Duplex): Promise<{ route: SocketRoute; record: SandboxRecord } | Refusal> {
    const own = [`127.0.0.1:${parts.port()}`, `localhost:${parts.port()}`, `[::1]:${parts.port()}`];
    if (!own.includes(request.headers.host ?? "")) return 403;
    const { origin } = request.headers;
    if (origin !== undefined && !allowed.has(origin)) return 403;
    const [, collection, id = "", rest] = new RegExp(`^${apiPrefix}/(computers|sandboxes)/([^/]+)/(.+)$`).exec(url.pathname) ?? [];
    const route = routes.find(({ path }) => path === `/${collection}/:id/${rest}`);
    if (!route) return 404;
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (route.protocol !== undefined && !offered.includes(route.protocol)) return 400;
    const caller = callerOf(request, url, offered, parts.access);
    if (!caller) return 401;
    if (!mayUse(caller, route)) return 403;
    const record = parts.store.get(caller.tenantId, id);
    if (!record || !maySee(caller, record)) return 404;
    const left = new AbortController();
    const onClose = (): void => left.abort(new Error("The client left."));
    stream.once("close", onClose);
    try {
      await mayWake(record, parts);
      await wake(record, parts.store, left.signal);
    } catch (error) {
      if (error instanceof HttpProblem && (error.status === 402 || error.status === 403)) return error.status;
      throw error;
    } finally {
      stream.off("close", onClose);
    }
    return parts.store.boxOf(record) ? { route, record } : 409;
  }

  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy()); // a client that leaves early
    void answer(request, stream, head).catch(() => stream.destroy());
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
  };
}

function callerOf(request: IncomingMessage, url: URL, offered: readonly string[], access: Access): Caller | undefined {
  const [, header] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const credential = header ?? offered.find((name) => name.startsWith("bearer."))?.slice("bearer.".length);
  if (credential !== undefined) return access.callerOf(credential);
  const ticket = url.searchParams.get("ticket");
  return ticket === null ? undefined : access.callerOfTicket(ticket, url);
}
