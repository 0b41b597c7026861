import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { EgressEntry, EgressOptions } from "./egressOptions.js";
import { EgressProblem } from "./egressProblem.js";
import { forward } from "./forward.js";
import { type EgressRules, openUpstream } from "./openUpstream.js";
import { readTarget, type Target, toText } from "./target.js";

/** Bounds of one box's proxy, and who is told of its connections. */
export interface BoxProxyOptions extends Pick<EgressOptions, "maxConnections" | "connectTimeoutMs" | "idleTimeoutMs"> {
  readonly onConnection: (entry: Omit<EgressEntry, "sandboxId">) => void;
}

const badRequest = "This proxy takes requests for http:// URLs without a user name, one a connection and with no Host but the URL's own, and CONNECT host:port for all else.";

/** Serves the connections of one box, which is not trusted: what it says is read by Node's strict parser, and written anew. */
export function openBoxProxy(rules: EgressRules, options: BoxProxyOptions): (connection: Duplex) => void {
  const { maxConnections = 64, connectTimeoutMs = 15_000, idleTimeoutMs = 300_000 } = options;
  const connections = new Set<Duplex>();
  /** Those that have not said yet where they want to. */
  const waiting = new Map<Duplex, NodeJS.Timeout>();

  const server = createServer({ insecureHTTPParser: false }, (request, response) => void serveRequest(request, response));
  server.maxRequestsPerSocket = 1; // a second one could only be smuggled in
  server.on("connect", (request, connection: Duplex, head: Buffer) => void serveTunnel(request, connection, head));
  server.on("clientError", (_, connection: Duplex) => {
    if (waiting.has(connection)) endWith(connection, refused(new EgressProblem("badRequest", badRequest)).answer);
    else connection.destroy();
  });

  function tell(outcome: EgressEntry["outcome"], target: Target | undefined, reason?: string): void {
    options.onConnection({ outcome, ...(target && { target: toText(target) }), ...(reason !== undefined && { reason }) });
  }

  function refused(error: unknown, target?: Target): EgressProblem {
    const problem = error instanceof EgressProblem ? error : new EgressProblem("broken", "The connection could not be made.");
    tell(problem.outcome, target, problem.reason);
    return problem;
  }

  function stopWaiting(connection: Duplex): void {
    clearTimeout(waiting.get(connection));
    waiting.delete(connection);
  }

  async function open(connection: Duplex, target: Target): Promise<Socket> {
    const left = new AbortController();
    const onLeft = (): void => left.abort(new Error("The sandbox has left."));
    const late = AbortSignal.timeout(connectTimeoutMs);
    connection.once("close", onLeft);
    try {
      const upstream = await openUpstream(target, rules, AbortSignal.any([left.signal, late]));
      upstream.setTimeout(idleTimeoutMs, () => connection.destroy());
      upstream.on("error", () => connection.destroy()); // also when nobody reads from it just then
      for (const over of ["error", "close"]) connection.once(over, () => leave(upstream));
      if (connection.destroyed) leave(upstream);
      tell("opened", target);
      return upstream;
    } catch (error) {
      throw late.aborted ? new EgressProblem("late", `${toText(target)} could not be reached within ${connectTimeoutMs} ms.`) : error;
    } finally {
      connection.off("close", onLeft);
    }
  }

  async function serveTunnel(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    stopWaiting(connection);
    const target = readTarget(request.url ?? "");
    try {
      if (!target || !isFor(request, target, target.port)) throw new EgressProblem("badRequest", badRequest);
      const upstream = await open(connection, target);
      if (head.length > 0) connection.unshift(head);
      connection.write("HTTP/1.1 200 Connection established\r\n\r\n");
      connection.pipe(upstream).pipe(connection); // each half ends on its own, and `open` sees to it that neither outlives the other
    } catch (error) {
      endWith(connection, refused(error, target).answer);
    }
  }

  async function serveRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = request.socket;
    stopWaiting(connection);
    endWhenFinished(connection);
    const [, authority = "", rest = ""] = /^http:\/\/([^/?#]*)([\x21-\x7e]*)$/i.exec(request.url ?? "") ?? [];
    const target = readTarget(authority, 80);
    let upstream: Socket;
    try {
      if (!target || !isFor(request, target, 80)) throw new EgressProblem("badRequest", badRequest);
      upstream = await open(connection, target);
    } catch (error) {
      const { status, headers, body } = refused(error, target);
      response.writeHead(status, headers).end(body);
      return;
    }
    try {
      await forward(request, response, upstream, { target, path: rest.startsWith("/") ? rest : `/${rest}` });
    } catch {
      // What is broken was opened and told; the program inside learns of it by its answer, or by one that is cut off.
      const { status, headers, body } = new EgressProblem("broken", `${toText(target)} ended the connection without a whole answer.`);
      if (response.headersSent) connection.destroy();
      else response.writeHead(status, headers).end(body);
    }
  }

  return (connection) => {
    connection.on("error", () => {}); // `close` follows
    if (connections.size >= maxConnections) {
      return endWith(connection, refused(new EgressProblem("tooMany", `This sandbox has ${maxConnections} connections open, which is the most it may have.`)).answer);
    }
    connections.add(connection);
    waiting.set(connection, setTimeout(() => connection.destroy(), connectTimeoutMs));
    connection.once("close", () => {
      stopWaiting(connection);
      connections.delete(connection);
    });
    server.emit("connection", connection);
  };
}

/** True when the request names no other host than its target. Two names would let two readers see two targets. */
function isFor({ headersDistinct }: IncomingMessage, { host, port }: Target, defaultPort: number): boolean {
  const [first, ...others] = headersDistinct["host"] ?? [];
  if (first === undefined) return true;
  const named = readTarget(first, defaultPort);
  return others.length === 0 && named?.host === host && named.port === port;
}

/** Half of a request must not look like the whole. A connection that is being ended cannot be reset any more: its handle would stay. */
function leave(upstream: Socket): void {
  if (upstream.writableEnded) upstream.destroy();
  else upstream.resetAndDestroy();
}

function endWith(connection: Duplex, bytes: Buffer): void {
  endWhenFinished(connection);
  connection.end(bytes);
}

/** Nothing more is wanted from the box once it has its answer. */
function endWhenFinished(connection: Duplex): void {
  connection.once("finish", () => connection.destroy());
}
