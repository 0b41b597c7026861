import { denialResponse, Denial, internalError, upstreamUnreachable } from "../denial.js";
import { readAll } from "../requestBody.js";
import { isUsableSession } from "../session.js";
import { isRecord } from "../wire.js";
import type { EventFeed } from "./eventFeed.js";

const requestHeader = "x-miosa-feed-request";

/**
 * Serves a feed to gateways elsewhere that follow it by `createRemoteFeed`. It believes whatever session it is told, so it must be
 * reachable by those gateways only, such as over a Durable Object's binding.
 */
export function serveFeed(feed: EventFeed): (request: Request) => Promise<Response> {
  return async (request) => {
    const requestId = `feed_${crypto.randomUUID()}`;
    try {
      const asked: unknown = JSON.parse(request.headers.get(requestHeader) ?? "null");
      if (!isRecord(asked) || !isUsableSession(asked["session"])) throw new TypeError("This is no request of a remote feed.");
      return await feed.open({
        session: asked["session"],
        types: textOrNull(asked["types"]),
        lastEventId: textOrNull(asked["lastEventId"]),
        signal: request.signal,
        onClose: () => {},
      });
    } catch (error) {
      return denialResponse(error instanceof Denial ? error : internalError(error), requestId);
    }
  };
}

/**
 * A feed that lives elsewhere, behind `serveFeed`. `send` delivers a request there. The
 * places that its streams take among their tenant's are counted there, and given back here at once.
 */
export function createRemoteFeed(send: (url: string, init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>): EventFeed {
  return {
    async open({ session, types, lastEventId, signal, onClose }) {
      const asked = JSON.stringify({ session, types, lastEventId });
      const response = await send("https://feed.internal/", { headers: { [requestHeader]: encodeHeader(asked) }, signal }).catch((cause: unknown) => {
        throw upstreamUnreachable(cause);
      });
      if (response.status !== 200) throw await readDenial(response);
      onClose();
      // A fetched answer's headers cannot be added to. And workerd at times fails to tell a Durable Object that the reader of a body that
      // a Worker only hands on has gone: then the object writes to nobody, and holds the upstream stream. A body that is piped is cancelled.
      return new Response(response.body?.pipeThrough(new TransformStream()), { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
    },
    close() {},
  };
}

/** Headers hold Latin-1; JSON says the rest with escapes. */
function encodeHeader(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

async function readDenial(response: Response): Promise<Denial> {
  const body: unknown = response.body ? JSON.parse(new TextDecoder().decode(await readAll(response.body, 65_536))) : undefined;
  if (!isRecord(body) || typeof body["code"] !== "string" || typeof body["message"] !== "string") {
    return upstreamUnreachable(new Error(`The remote feed answered ${response.status}.`));
  }
  const retryAfter = body["retry_after"];
  return new Denial(response.status, body["code"], body["message"], typeof retryAfter === "number" ? { retryAfterSec: retryAfter } : {});
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
