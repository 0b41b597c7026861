import type { MiddlewareHandler } from "hono";
import { HttpProblem } from "./httpProblem.js";
import type { LocalContext, LocalEnv } from "./localEnv.js";

/** Headers that a page of an allowed origin may send. Contract 1.9. */
const allowHeaders = "authorization, content-type, accept, idempotency-key, x-miosa-tenant, last-event-id, cache-control, user-agent";
const allowMethods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const exposeHeaders = "x-request-id, retry-after, content-disposition";

/**
 * Keeps web pages out. The server runs commands on a developer's machine and any page that the developer visits can send
 * requests to it, so: the `Host` must be this server's own (a name rebound to 127.0.0.1 is not), an `Origin` must be
 * allowed by name, and a request that a browser marks as coming from another site must carry such an origin.
 */
export function requestGuard(allowOrigins: readonly string[], port: () => number): MiddlewareHandler<LocalEnv> {
  const allowed = new Set(allowOrigins.map(readOrigin));
  return async (context, next) => {
    checkHost(context, port());
    const origin = context.req.header("origin");
    if (origin !== undefined && !allowed.has(origin)) {
      throw new HttpProblem("FORBIDDEN", "Pages of this origin may not use the server. Start it with the origin in allowOrigins.");
    }
    const site = context.req.header("sec-fetch-site");
    if (origin === undefined && site !== undefined && site !== "none" && site !== "same-origin") {
      throw new HttpProblem("FORBIDDEN", "Requests from other sites are refused.");
    }
    if (origin === undefined) return next();
    if (context.req.method === "OPTIONS") context.res = new Response(null, { status: 204 });
    else await next();
    writeCors(context, origin);
    return undefined;
  };
}

/** Checks one member of `allowOrigins`: an exact web origin, never a pattern. */
export function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.origin !== text || text === "null") {
    throw new TypeError(`allowOrigins: ${JSON.stringify(text)} is not an origin. Write it like http://localhost:5173.`);
  }
  return text;
}

function checkHost(context: LocalContext, port: number): void {
  const url = new URL(context.req.url);
  const names = [url.host];
  const raw = context.env.incoming?.rawHeaders ?? [];
  for (let i = 0; i < raw.length; i += 2) if (raw[i]?.toLowerCase() === "host") names.push(raw[i + 1] ?? "");
  const own = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  if (names.every((name) => own.has(name.toLowerCase()))) return;
  throw new HttpProblem("FORBIDDEN", `Wrong Host header. This server answers to 127.0.0.1:${port} and localhost:${port} only.`);
}

function writeCors(context: LocalContext, origin: string): void {
  const { headers } = context.res;
  headers.set("access-control-allow-origin", origin);
  headers.append("vary", "origin");
  headers.set("access-control-expose-headers", exposeHeaders);
  if (context.req.method !== "OPTIONS") return;
  headers.set("access-control-allow-methods", allowMethods);
  headers.set("access-control-allow-headers", allowHeaders);
  headers.set("access-control-max-age", "600");
}
