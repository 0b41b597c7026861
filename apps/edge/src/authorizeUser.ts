import { createTokenAuthorizer, isGatewaySession, type Authorize } from "@miosa/gateway";
import type { Env } from "./platform.js";

const cookiePattern = /(?:^|;\s*)miosa_session=([\w.-]+)/;

/**
 * Who is asking: a browser token in `Authorization`, or in the cookie `miosa_session` that the platform's own sign-in sets
 * (`HttpOnly; Secure; SameSite=Lax`). Throws when the Worker has no way to know anybody.
 */
export function createUserAuthorizer(env: Env): Authorize {
  if (env.DEV_SESSION) {
    const session: unknown = JSON.parse(env.DEV_SESSION);
    if (!isGatewaySession(session)) throw new TypeError("DEV_SESSION is not a session of the gateway.");
    return () => session;
  }
  if (!env.BROWSER_TOKEN_SECRET || !env.BROWSER_TOKEN_AUDIENCE) {
    throw new TypeError("Set BROWSER_TOKEN_SECRET and BROWSER_TOKEN_AUDIENCE, so that the Worker knows its users.");
  }
  const authorizeToken = createTokenAuthorizer({
    keys: [{ kid: env.BROWSER_TOKEN_KID ?? "1", alg: "HS256", key: new TextEncoder().encode(env.BROWSER_TOKEN_SECRET) }],
    audience: env.BROWSER_TOKEN_AUDIENCE,
  });
  return async (request) => {
    const session = await authorizeToken(request);
    const token = session ? undefined : cookiePattern.exec(request.headers.get("cookie") ?? "")?.[1];
    return token ? authorizeToken(new Request(request.url, { headers: { authorization: `Bearer ${token}` } })) : session;
  };
}
