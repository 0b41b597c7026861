import { type ClientRequest, type IncomingMessage, request as startRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { type Target, toText } from "./target.js";

/** Headers that are between two neighbours and nobody else's: RFC 9110, section 7.6.1. */
const hopByHop: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"],
]);

/** Passes a request on over a connection of its own, and the answer back. It is written anew, so that there is one way to read it. */
export async function forward(request: IncomingMessage, response: ServerResponse, upstream: Socket, { target, path }: { target: Target; path: string }): Promise<void> {
  const outgoing = startRequest({
    createConnection: () => upstream,
    method: request.method,
    path,
    setHost: false,
    headers: {
      ...endToEnd(request),
      host: target.port === 80 ? toText(target).replace(/:80$/, "") : toText(target),
      ...("transfer-encoding" in request.headers && { "transfer-encoding": "chunked" }),
    },
  });
  const answered = answerOf(outgoing);
  const sent = pipeline(request, outgoing);
  sent.catch(() => {}); // an answer may come before the whole of the request is taken; without one, `answered` fails too
  const incoming = await answered;
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, { ...endToEnd(incoming), connection: "close" });
  await pipeline(incoming, response);
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.once("close", () => reject(new Error("There is no answer.")));
  });
}

function endToEnd({ headersDistinct, httpVersion }: IncomingMessage): Record<string, string | string[]> {
  const named = new Set((headersDistinct["connection"] ?? []).flatMap((value) => value.toLowerCase().split(",")).map((name) => name.trim()));
  const kept = Object.entries(headersDistinct).flatMap(([name, values = []]) => (hopByHop.has(name) || named.has(name) ? [] : [[name, values.length === 1 ? values[0] ?? "" : values] as const]));
  return { ...Object.fromEntries(kept), via: [...(headersDistinct["via"] ?? []), `${httpVersion} miosa-local`] };
}
