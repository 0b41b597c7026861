import { Denial } from "./denial.js";
import type { GatewayLimits } from "./limits.js";

/** Refuses a URL or headers that are too long to be meant well. */
export function checkSize(request: Request, limits: Required<GatewayLimits>): void {
  if (request.url.length > limits.urlBytes) throw new Denial(414, "URI_TOO_LONG", "The URL is too long.");
  let headerBytes = 0;
  request.headers.forEach((value, name) => {
    headerBytes += name.length + value.length;
  });
  if (headerBytes > limits.headerBytes) throw new Denial(431, "HEADERS_TOO_LARGE", "The request headers are too long.");
}

/** True when the request asks for a WebSocket. */
export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.trim().toLowerCase() === "websocket";
}

/** The subprotocols that go upstream: those of the list but the ones that carry a credential. Contract 5.4. */
export function passedSubprotocols(request: Request): string[] {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  const names = offered
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.toLowerCase().startsWith("bearer."));
  if (!names.every((name) => /^[A-Za-z0-9][\w.-]{0,63}$/.test(name))) {
    throw new Denial(400, "BAD_REQUEST", "A WebSocket subprotocol is not valid.");
  }
  return names;
}
