import { Denial, upstreamUnreachable } from "../denial.js";
import { passedSubprotocols } from "../edges.js";
import type { UpgradeGrant } from "../gatewayOptions.js";
import { checkResourceQuery } from "../query.js";
import { checkReferences } from "../references.js";
import { streamEndsInMs } from "./answerResource.js";
import { checkOwnership, foreign, type Answer, type GatewayCall, type GatewayParts } from "./call.js";

/** Checks a WebSocket and says where it leads. Whoever connects it calls `leave` at its end. */
export async function grantUpgrade(parts: GatewayParts, call: GatewayCall): Promise<UpgradeGrant> {
  const { match, query, session, requestId } = call;
  if (match.params["id"] === undefined) throw foreign();
  checkResourceQuery(query);
  const subprotocols = passedSubprotocols(call.request);
  await checkOwnership(parts, call);
  await checkReferences(parts, call);
  const { url, headers } = parts.upstream.target({ route: match.route, params: match.params, query, requestId });
  headers.delete("accept");
  if (subprotocols.length > 0) headers.set("sec-websocket-protocol", subprotocols.join(", "));
  return { url, headers, endsInMs: streamEndsInMs(session.expiresAtMs, parts.limits.streamMaxMs), requestId, leave: call.leave };
}

/** Answers a WebSocket upgrade on platforms whose handlers do that, by the platform's own connector. */
export const answerUpgrade: Answer = async (parts, call) => {
  if (!parts.connectWebSocket) {
    throw new Denial(501, "NOT_IMPLEMENTED", "WebSockets are not set up here.", { reason: "no connectWebSocket was given" });
  }
  const grant = await grantUpgrade(parts, call);
  return parts.connectWebSocket(grant).catch((error: unknown) => {
    throw upstreamUnreachable(error);
  });
};
