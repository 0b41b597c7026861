import { createServer, type IncomingMessage, request as sendRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { VisitorScope } from "../access/visitorTokens.js";

/** What a gate stands before. */
export interface PreviewGateParts {
  /** The preview's id, which names the cookie that a visitor keeps. */
  readonly id: string;
  /** What the holder of a token may do. */
  readonly scopeOf: (token: string) => VisitorScope | undefined;
  /** Connects to the port inside. */
  readonly dial: () => Promise<Duplex>;
}

/** Lets visitors of a private preview in by their token. */
export interface PreviewGate {
  takeConnection(socket: Socket): void;
}

/** Where a token stands in an address: that of a preview, of a sandbox, of a share. Contract 1.2. */
const queryNames = ["preview_token", "mt", "ms"] as const;
const headerName = "x-miosa-preview-token";

/** Methods that only look. */
const lookingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

interface Visit {
  readonly scope: VisitorScope;
  /** Address and headers as the sandbox may see them: without the token. */
  readonly path: string;
  readonly headers: readonly string[];
  /** Present when the token came with the address, and is to be kept for what the page loads. */
  readonly cookie?: string;
}

/**
 * Makes the gate of one preview. A token may come in the address, in a header, or in the cookie that the first answer sets; it is
 * looked at with every request, and never reaches what runs in the sandbox.
 */
export function createPreviewGate({ id, scopeOf, dial }: PreviewGateParts): PreviewGate {
  const cookieName = `miosa_preview_${id.replaceAll(/\W/g, "").slice(-12)}`;

  /** What the request may do, or the status of its refusal. */
  function visitOf(request: IncomingMessage): Visit | 401 | 403 {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const cookies = (request.headers.cookie ?? "").split(";").map((each) => each.trim()).filter(Boolean);
    const given = queryNames.map((name) => url.searchParams.get(name)).find((token) => token !== null);
    const kept = cookies.find((each) => each.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
    const token = given ?? [request.headers[headerName]].flat()[0] ?? kept;
    if (token === undefined) return 401;
    const scope = scopeOf(token);
    if (scope === undefined) return 403;
    for (const name of queryNames) url.searchParams.delete(name);
    const isOurs = (name: string): boolean => name === headerName || name === "cookie";
    const headers: string[] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      const [name = "", value = ""] = request.rawHeaders.slice(at, at + 2);
      if (!isOurs(name.toLowerCase())) headers.push(name, value);
    }
    const others = cookies.filter((each) => !each.startsWith(`${cookieName}=`));
    if (others.length > 0) headers.push("cookie", others.join("; "));
    const isKept = given !== undefined && given !== kept;
    return { scope, path: url.pathname + url.search, headers, ...(isKept && { cookie: `${cookieName}=${given}; Path=/; HttpOnly; SameSite=Lax` }) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = visitOf(request);
    if (visit === 401) return refuse(response, 401, "This preview is private. Open it by a link that was shared with you.\n");
    if (visit === 403) return refuse(response, 403, "This link works no longer.\n");
    if (visit.scope === "read" && !lookingMethods.has(request.method ?? "GET")) return refuse(response, 403, "This link lets you look only.\n");
    const inside = await dial();
    const headers = [...withoutHopHeaders(visit.headers), "connection", "close"];
    const passed = sendRequest({ method: request.method, path: visit.path, headers, createConnection: () => inside });
    response.once("close", () => passed.destroy());
    passed.once("error", () => fail(response));
    passed.once("response", (answered) => {
      const own = [...withoutHopHeaders(answered.rawHeaders), ...(visit.cookie === undefined ? [] : ["set-cookie", visit.cookie, "referrer-policy", "same-origin"])];
      response.writeHead(answered.statusCode ?? 502, own);
      answered.once("error", () => response.destroy());
      answered.pipe(response);
    });
    request.pipe(passed);
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const visit = visitOf(request);
    if (typeof visit === "number" || visit.scope === "read") {
      return void socket.end(`HTTP/1.1 ${visit === 401 ? "401 Unauthorized" : "403 Forbidden"}\r\nconnection: close\r\n\r\n`);
    }
    const inside = await dial();
    const lines = [`${request.method} ${visit.path} HTTP/1.1`];
    for (let at = 0; at < visit.headers.length; at += 2) lines.push(`${visit.headers[at]}: ${visit.headers[at + 1]}`);
    inside.on("error", () => socket.destroy());
    inside.once("close", () => socket.destroy());
    socket.once("close", () => inside.destroy());
    inside.write(`${lines.join("\r\n")}\r\n\r\n`);
    inside.write(head);
    socket.pipe(inside).pipe(socket);
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => fail(response)));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => void upgrade(request, socket, head).catch(() => socket.destroy()));
  return { takeConnection: (socket) => void server.emit("connection", socket) };
}

/** Headers that concern one connection only. How long a body is stays: it is passed on as it comes. */
const hopHeaders: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "upgrade"]);

/** A raw list of names and values without those that concern one connection only. */
function withoutHopHeaders(raw: readonly string[]): string[] {
  return raw.filter((_, at) => !hopHeaders.has((raw[at - (at % 2)] ?? "").toLowerCase()));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }).end(text);
}

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else refuse(response, 502, "Nothing listens on this port of the sandbox.\n");
}
