import { request as requestHttp, STATUS_CODES, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { Denial, denialResponse, notFound, upstreamUnreachable } from "./denial.js";
import type { Gateway, GatewayContext, UpgradeGrant } from "./gatewayOptions.js";
import { startTimer, type Timer } from "./timers.js";

/** Any fetch-style server: a gateway, or a function that sends some paths to one. */
export type FetchHandler = (request: Request, context: GatewayContext) => Response | Promise<Response>;

/**
 * Turns a fetch handler into a listener for `node:http`. Bodies stream both ways at the reader's pace, and the
 * browser leaving aborts `context.signal`. A path that a URL parser would rewrite is a 404, never reinterpreted.
 */
export function toNodeListener(handler: FetchHandler): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    void respond(handler, incoming, outgoing, gone.signal).catch((error: unknown) => {
      // Headers may be on the wire already, so the one honest answer left is a broken connection.
      outgoing.destroy(error instanceof Error ? error : undefined);
    });
  };
}

async function respond(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const request = toRequest(incoming);
  const response =
    request instanceof Denial
      ? denialResponse(request, `req_${crypto.randomUUID()}`)
      : await handler(request, { signal: gone });
  await send(response, incoming, outgoing, gone);
}

function toRequest(incoming: IncomingMessage): Request | Denial {
  const target = incoming.url ?? "";
  const method = incoming.method ?? "GET";
  // No Request can be made of these.
  if (/^(TRACE|TRACK|CONNECT)$/i.test(method)) return notFound("a method that is none of the API's");
  const base = `http://${incoming.headers.host ?? ""}`;
  if (!URL.canParse(base + target)) return notFound("a path that is not one");
  const url = new URL(base + target);
  if (url.pathname + url.search !== target) return notFound("a path with a second spelling");
  const hasBody = incoming.headers["transfer-encoding"] !== undefined || Number(incoming.headers["content-length"] ?? 0) > 0;
  const bodyless = method === "GET" || method === "HEAD";
  if (hasBody && bodyless) return new Denial(400, "BAD_REQUEST", `A ${method} request carries no body.`);
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  const init: RequestInit & { duplex?: "half" } = {
    method,
    headers,
    ...(hasBody && { body: toStream(incoming), duplex: "half" as const }),
  };
  return new Request(url, init);
}

function toStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<unknown, unknown> = incoming[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await chunks.next();
        if (chunk.done) return controller.close();
        if (!(chunk.value instanceof Uint8Array)) throw new TypeError("A request body is read as bytes.");
        controller.enqueue(chunk.value);
      },
    },
    { highWaterMark: 0 },
  );
}

async function send(response: Response, incoming: IncomingMessage, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  response.headers.forEach((value, name) => outgoing.setHeader(name, value));
  // A body nobody read would be taken for the next request on this connection.
  if (!incoming.complete) outgoing.setHeader("connection", "close");
  outgoing.writeHead(response.status, STATUS_CODES[response.status]);
  outgoing.flushHeaders();
  if (response.body) await copy(response.body, outgoing, gone);
  outgoing.end();
}

async function copy(body: ReadableStream<Uint8Array>, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {}); // the body had failed already; the read below says so
  if (gone.aborted) return leave();
  gone.addEventListener("abort", leave, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || gone.aborted) return;
      if (!outgoing.write(value)) await drained(outgoing);
    }
  } finally {
    gone.removeEventListener("abort", leave);
  }
}

/** Resolves when the socket takes more, or when it has closed and never will. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off("drain", settle);
      outgoing.off("close", settle);
      resolve();
    };
    outgoing.once("drain", settle);
    outgoing.once("close", settle);
  });
}

const handshakeMs = 15_000;
const halfClosedMs = 500;

/**
 * Makes a listener for a server's `upgrade` event, so that WebSockets pass through the gateway's checks:
 * `server.on("upgrade", toNodeUpgradeListener(gateway))`. Bytes flow at the slower side's pace; either side's end ends both.
 */
export function toNodeUpgradeListener(gateway: Pick<Gateway, "upgrade">): (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (incoming, socket, head) => {
    socket.on("error", () => socket.destroy());
    void upgrade(gateway, incoming, socket, head).catch(() => socket.destroy()); // no answer can follow a broken handshake
  };
}

async function upgrade(gateway: Pick<Gateway, "upgrade">, incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const request = toRequest(incoming);
  const grant = request instanceof Denial ? denialResponse(request, `req_${crypto.randomUUID()}`) : await gateway.upgrade(request);
  if (grant instanceof Response) return refuse(socket, grant);
  if (socket.destroyed) return grant.leave();
  connect(grant, incoming, socket, head);
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ""}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

function connect(grant: UpgradeGrant, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const upstream = openUpstream(grant, incoming);
  const timer = startTimer(grant.endsInMs, () => end());
  let far: Duplex | undefined;
  let closing: Timer | undefined;
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    timer.stop();
    closing?.stop();
    upstream.destroy();
    far?.destroy();
    socket.destroy();
    grant.leave();
  };
  const fail = (): void => {
    if (isOver) return;
    const denial = denialResponse(upstreamUnreachable(undefined), grant.requestId);
    void refuse(socket, denial).finally(end);
  };
  // A WebSocket has no use for a connection that is closed on one side only.
  const endSoon = (): void => void (closing ??= startTimer(halfClosedMs, end));
  socket.once("close", end);
  socket.once("end", endSoon);
  upstream.once("error", fail);
  upstream.once("timeout", fail);
  // Anything but a 101 is no WebSocket, and its body is upstream text.
  upstream.once("response", fail);
  upstream.once("upgrade", (answer, tunnel, farHead) => {
    far = tunnel;
    tunnel.once("close", end);
    tunnel.once("end", endSoon);
    tunnel.on("error", end);
    upstream.setTimeout(0);
    const accept = answer.headers["sec-websocket-accept"] ?? "";
    const subprotocol = answer.headers["sec-websocket-protocol"];
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n" +
        `sec-websocket-accept: ${accept}\r\n${subprotocol ? `sec-websocket-protocol: ${subprotocol}\r\n` : ""}\r\n`,
    );
    socket.write(farHead);
    tunnel.write(head);
    tunnel.pipe(socket);
    socket.pipe(tunnel);
  });
  upstream.end();
}

function openUpstream(grant: UpgradeGrant, incoming: IncomingMessage): ClientRequest {
  const url = new URL(grant.url);
  const open = url.protocol === "https:" ? requestHttps : requestHttp;
  return open(url, {
    headers: {
      ...Object.fromEntries(grant.headers),
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-key": incoming.headers["sec-websocket-key"] ?? "",
      "sec-websocket-version": incoming.headers["sec-websocket-version"] ?? "13",
    },
    timeout: handshakeMs,
  });
}
