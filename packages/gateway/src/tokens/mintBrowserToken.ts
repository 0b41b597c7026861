import { SignJWT } from "jose";
import { isUsableSession, type TenantSession } from "../session.js";
import { browserTokenType, checkTokenKey, type BrowserTokenKey } from "./browserTokenKeys.js";

/** What a browser token says: a session of one customer's user, for one gateway, for a short while. */
export interface BrowserTokenOptions extends Omit<TenantSession, "expiresAtMs"> {
  /** The key to sign with. */
  key: BrowserTokenKey;
  /** Names the gateway that the token is for, such as its URL. */
  audience: string;
  /** Names the platform. @default none */
  issuer?: string;
  /** How long the token is good, in seconds, from 1 to 86400. A stolen token is good for no longer. @default 300 */
  ttlSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

const longestTtlSeconds = 86_400;

/**
 * Mints a token with which a page on another origin uses the gateway. Core takes it as `token: () => fetchToken()`.
 * Throws a `TypeError` for a weak key, an unusable session or a lifetime out of range.
 */
export async function mintBrowserToken(options: BrowserTokenOptions): Promise<string> {
  const { key, audience, issuer, ttlSeconds = 300, now = Date.now, ...session } = options;
  checkTokenKey(key);
  if (!isUsableSession(session) || session.operator) throw new TypeError("A browser token needs an externalWorkspaceId and a list of permissions.");
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > longestTtlSeconds) {
    throw new TypeError(`ttlSeconds is a whole number from 1 to ${longestTtlSeconds}.`);
  }
  const atSec = Math.floor(now() / 1000);
  const token = new SignJWT({
    ws: session.externalWorkspaceId,
    can: [...session.can],
    ...(session.isolation === "user" && { iso: "user" }),
    ...(session.sandboxIds && { sbx: [...session.sandboxIds] }),
  })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: browserTokenType })
    .setAudience(audience)
    .setIssuedAt(atSec)
    .setExpirationTime(atSec + ttlSeconds)
    .setJti(crypto.randomUUID());
  if (session.externalUserId !== undefined) token.setSubject(session.externalUserId);
  if (issuer !== undefined) token.setIssuer(issuer);
  return token.sign(key.key);
}
