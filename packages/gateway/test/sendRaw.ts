import { connect } from "node:net";
import { patienceMs } from "../../../test/patience.js";

/** A request as it goes over the wire: nothing is folded, escaped or merged on the way. */
export interface RawRequest {
  method?: string;
  path: string;
  headers?: readonly (readonly [name: string, value: string])[];
  body?: string | Uint8Array;
}

/** An answer, its body decoded. */
export interface RawAnswer {
  status: number;
  /** Header lines as sent, lower case. */
  head: string;
  headers: ReadonlyMap<string, string>;
  body: string;
  /** Everything, for searches. */
  text: string;
}

/** Sends a request over a fresh socket. `until` ends the reading of an answer that never ends. */
export function sendRaw(baseUrl: string, request: RawRequest, until?: (text: string) => boolean): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(baseUrl);
  const headers = request.headers ?? [];
  const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const lines = [
    `${request.method ?? "GET"} ${request.path} HTTP/1.1`,
    ...(has("host") ? [] : [`Host: ${host}`]),
    ...(has("connection") ? [] : ["Connection: close"]),
    ...(body && !has("content-length") && !has("transfer-encoding") ? [`Content-Length: ${body.byteLength}`] : []),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    const finish = (): void => {
      socket.destroy();
      clearTimeout(timer);
      const answer = parseAnswer(text);
      if (answer) resolve(answer);
      else reject(new Error(`No answer to ${lines[0]}: ${text.slice(0, 200)}`));
    };
    const timer = setTimeout(finish, patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (until?.(text)) finish();
    });
    socket.on("end", finish);
    socket.on("error", finish);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    if (body) socket.write(body);
  });
}

function parseAnswer(text: string): RawAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const rest = text.slice(end + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunk(rest) : rest;
  return { status: Number(statusLine.split(" ")[1]), head: lines.join("\n").toLowerCase(), headers, body, text };
}

function unchunk(text: string): string {
  let body = "";
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (end < 0 || !(size > 0)) return body;
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}
