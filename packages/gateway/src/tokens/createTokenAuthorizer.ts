import { errors, jwtVerify, type JWTPayload } from "jose";
import type { GatewaySession } from "../session.js";
import { isUsableSession } from "../session.js";
import { browserTokenType, checkTokenKey, type BrowserTokenKey } from "./browserTokenKeys.js";

/** Which browser tokens are taken. */
export interface TokenAuthorizerOptions {
  /** The keys in use. To rotate: add the new key, mint with it, and take the old one away a token's lifetime later. */
  keys: readonly BrowserTokenKey[];
  /** The audience that tokens must name. */
  audience: string;
  /** The issuer that tokens must name. @default any */
  issuer?: string;
  /** How far the clocks of minter and gateway may be apart, in seconds. @default 10 */
  clockSkewSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number;
}

const longestToken = 4096;

/**
 * Makes an `authorize` that takes tokens of `mintBrowserToken`: from `Authorization: Bearer`, or on a WebSocket, where
 * browsers cannot set it, from the subprotocol `bearer.<token>`. Null for a missing or invalid token.
 * Throws a `TypeError` for weak keys or two keys of one name.
 */
export function createTokenAuthorizer(options: TokenAuthorizerOptions): (request: Request) => Promise<GatewaySession | null> {
  const { now = Date.now, clockSkewSeconds = 10 } = options;
  const keys = new Map<string, BrowserTokenKey>();
  for (const key of options.keys) {
    checkTokenKey(key);
    if (keys.has(key.kid)) throw new TypeError(`Two browser token keys are called ${key.kid}.`);
    keys.set(key.kid, key);
  }
  if (keys.size === 0) throw new TypeError("createTokenAuthorizer needs a key.");

  return async (request) => {
    const token = readToken(request);
    if (token === undefined || token.length > longestToken) return null;
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid, alg }) => {
          const key = keys.get(kid ?? "");
          // The key decides on the algorithm, never the token: else a public key could be made to pass for a secret.
          if (!key || key.alg !== alg) throw new errors.JOSEAlgNotAllowed("No key of this name and algorithm.");
          return key.key;
        },
        {
          algorithms: ["EdDSA", "HS256"],
          audience: options.audience,
          ...(options.issuer !== undefined && { issuer: options.issuer }),
          typ: browserTokenType,
          clockTolerance: clockSkewSeconds,
          currentDate: new Date(now()),
          requiredClaims: ["exp", "iat", "ws", "can"],
        },
      );
      return toSession(payload, clockSkewSeconds);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  };
}

function readToken(request: Request): string | undefined {
  const header = /^Bearer ([\w.-]+)$/i.exec(request.headers.get("authorization") ?? "");
  if (header) return header[1];
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return undefined;
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  return /(?:^|,)\s*bearer\.([\w.-]+)\s*(?:,|$)/i.exec(offered)?.[1];
}

function toSession({ ws, can, sub, iso, sbx, exp }: JWTPayload, clockSkewSeconds: number): GatewaySession | null {
  const session = {
    externalWorkspaceId: ws,
    can,
    ...(sub !== undefined && { externalUserId: sub }),
    ...(iso !== undefined && { isolation: iso }),
    ...(sbx !== undefined && { sandboxIds: sbx }),
    ...(exp !== undefined && { expiresAtMs: (exp + clockSkewSeconds) * 1000 }),
  };
  return isUsableSession(session) ? session : null;
}
