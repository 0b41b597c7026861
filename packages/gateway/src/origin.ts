import { headerNames } from "@miosa/protocol";
import { Denial } from "./denial.js";

/** Refuses a request that a page of a foreign origin caused, whatever its method. */
export function checkOrigin(request: Request, url: URL, origins: ReadonlySet<string>): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  if (origin === null) {
    if (site === null || site === "same-origin" || site === "none") return;
  } else {
    if (origins.has(origin) || origin === `${url.protocol}//${hostOf(request, url)}`) return;
    // A gateway behind a proxy that ends TLS: only the scheme differs, and the browser vouches for the rest.
    if (site === "same-origin" && hostIn(origin) === hostOf(request, url)) return;
  }
  throw new Denial(403, "FORBIDDEN", "This origin may not use the gateway. Add it to the gateway's origins.");
}

/** Refuses a host that the server does not answer for. */
export function checkHost(request: Request, url: URL, hosts: ReadonlySet<string> | undefined): void {
  if (!hosts) return;
  if (!hosts.has(hostOf(request, url))) throw new Denial(403, "FORBIDDEN", "This host is not served here.");
}

/** CORS headers for a listed origin; none for the gateway's own, which needs none. Never with credentials. */
export function corsHeaders(request: Request, origins: ReadonlySet<string>): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !origins.has(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": `${headerNames.requestId}, ${headerNames.retryAfter}, content-disposition`,
    vary: "origin",
  };
}

/** Answer to a preflight of a listed origin. */
export function preflightHeaders(): Record<string, string> {
  return {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": `accept, authorization, content-type, ${headerNames.idempotencyKey}, ${headerNames.lastEventId}, ${headerNames.requestId}`,
    "access-control-max-age": "600",
  };
}

/** The host that the browser asked for. Some frameworks make the URL of the address they listen on; Next.js does. */
function hostOf(request: Request, url: URL): string {
  return request.headers.get("host") ?? url.host;
}

function hostIn(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
