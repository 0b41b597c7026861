import { headerNames } from "@miosa/protocol";
import { Denial } from "../denial.js";
import { tenantKey } from "../session.js";
import type { GatewayCall } from "./call.js";

/** The few headers of the browser that reach the API. */
export async function passedHeaders({ request, match, session }: GatewayCall): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  const lastEventId = request.headers.get(headerNames.lastEventId);
  if (lastEventId !== null && match.route.kind === "sse") {
    if (!/^[\x21-\x7e]{1,256}$/.test(lastEventId)) throw new Denial(400, "BAD_REQUEST", "Last-Event-ID is not valid.");
    headers[headerNames.lastEventId] = lastEventId;
  }
  const idempotencyKey = request.headers.get(headerNames.idempotencyKey);
  if (idempotencyKey !== null) {
    if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) throw new Denial(400, "BAD_REQUEST", "Idempotency-Key is not valid.");
    headers[headerNames.idempotencyKey] = await ownIdempotencyKey(tenantKey(session), idempotencyKey);
  }
  return headers;
}

/**
 * The API knows one tenant, the platform, and answers a repeated key with the stored first answer: two customers that
 * happen on the same key, or one that guesses another's, must not meet there.
 */
async function ownIdempotencyKey(tenant: string, key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify([tenant, key])));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
