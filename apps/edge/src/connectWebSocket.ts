import type { UpgradeGrant } from "@miosa/gateway";
import type { EdgeWebSocket } from "./platform.js";

declare global {
  /** Both ends of a WebSocket, made by workerd. */
  const WebSocketPair: new () => { 0: EdgeWebSocket; 1: EdgeWebSocket };
  interface Response {
    readonly webSocket?: EdgeWebSocket | null;
  }
  interface ResponseInit {
    webSocket?: EdgeWebSocket;
  }
}

/** Connects a WebSocket that the gateway has permitted, and ends both sides when either leaves or the session is over. */
export async function connectWebSocket(grant: UpgradeGrant): Promise<Response> {
  const headers = new Headers(grant.headers);
  headers.set("upgrade", "websocket");
  const answer = await fetch(grant.url, { headers });
  const far = answer.webSocket;
  if (!far) throw new Error(`The API answered ${answer.status} to a WebSocket.`);
  const { 0: browserEnd, 1: near } = new WebSocketPair();
  for (const side of [near, far]) {
    // A message that arrives as a Blob can be read only later, when others may have overtaken it.
    side.binaryType = "arraybuffer";
    side.accept();
  }
  const timer = setTimeout(() => end(1008, "The session is over."), grant.endsInMs);
  let isOver = false;

  function end(code: number, reason: string): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    for (const side of [near, far]) closeSide(side, code, reason);
    grant.leave();
  }

  for (const [from, to] of [[near, far], [far, near]] as const) {
    from?.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (!isOver) to?.send(data);
    });
    from?.addEventListener("close", ({ code, reason }) => end(code, reason));
    from?.addEventListener("error", () => end(1011, "The connection was lost."));
  }
  const subprotocol = answer.headers.get("sec-websocket-protocol");
  return new Response(null, {
    status: 101,
    webSocket: browserEnd,
    ...(subprotocol && { headers: { "sec-websocket-protocol": subprotocol } }),
  });
}

/** Codes below 3000 but 1000 cannot be sent on; the other side then hears of a plain end. */
function closeSide(side: EdgeWebSocket | null | undefined, code: number, reason: string): void {
  if (!side || side.readyState > WebSocket.OPEN) return;
  side.close(code === 1000 || (code >= 3000 && code <= 4999) || code === 1008 || code === 1011 ? code : 1000, reason);
}
