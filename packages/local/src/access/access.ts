import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { RoutePermission } from "@miosa/protocol";
import type { ApiKeys } from "../apiKeys.js";

/** Who asks, and what for. */
export interface Caller {
  readonly tenantId: string;
  /** Undefined for a key of the server, which may do everything. */
  readonly scopes?: readonly string[];
}

/** What a scoped token says. */
interface TokenClaims {
  readonly tenantId: string;
  readonly scopes: readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
}

/** Tells callers from credentials: keys, scoped tokens and tickets. */
export interface Access {
  /** The caller with this bearer credential. */
  callerOf(credential: string): Caller | undefined;
  /** A token of these scopes. Contract 1.2. */
  mintToken(claims: { tenantId: string; scopes: readonly string[]; userId: string; workspaceId: string; expiresInSec: number }): string;
  /** A ticket that stands for the caller once, within a minute. Contract 5.1. */
  mintTicket(caller: Caller): string;
  /** The caller of a ticket, which is used up by this. */
  redeemTicket(ticket: string): Caller | undefined;
}

/** How long a ticket lives, in seconds. */
export const ticketLifeSec = 60;
const maxTickets = 10_000;

/** All scopes that this server tells apart. */
export const allScopes = ["sandboxes:read", "sandboxes:create", "sandboxes:exec", "sandboxes:write", "usage:read"] as const;

/** Makes the access of one server. Its tokens are signed with a key of its own, so they end with it. */
export function createAccess(keys: ApiKeys, now: () => number): Access {
  const secret = randomBytes(32);
  const tickets = new Map<string, { caller: Caller; until: number }>();
  const sign = (text: string): Buffer => createHmac("sha256", secret).update(text).digest();

  function claimsOf(token: string): TokenClaims | undefined {
    const [header, payload, signature] = token.split(".");
    if (!header || !payload || !signature) return undefined;
    const wanted = sign(`${header}.${payload}`);
    const given = Buffer.from(signature, "base64url");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString()); // ours, as the signature shows
    return isClaims(claims) && claims.exp * 1_000 > now() ? claims : undefined;
  }

  return {
    callerOf(credential) {
      const tenantId = keys.tenantOf(credential);
      if (tenantId !== undefined) return { tenantId };
      const claims = claimsOf(credential);
      return claims && { tenantId: claims.tenantId, scopes: claims.scopes };
    },
    mintToken({ tenantId, scopes, userId, workspaceId, expiresInSec }) {
      const issuedAt = Math.floor(now() / 1_000);
      const claims = { sub: userId, workspace_id: workspaceId, tenantId, scopes, iat: issuedAt, exp: issuedAt + expiresInSec };
      const text = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
      return `${text}.${sign(text).toString("base64url")}`;
    },
    mintTicket(caller) {
      const ticket = `sset_${randomBytes(24).toString("base64url")}`;
      tickets.set(ticket, { caller, until: now() + ticketLifeSec * 1_000 });
      const [oldest] = tickets.keys();
      if (tickets.size > maxTickets && oldest !== undefined) tickets.delete(oldest);
      return ticket;
    },
    redeemTicket(ticket) {
      const entry = tickets.get(ticket);
      tickets.delete(ticket);
      return entry && entry.until > now() ? entry.caller : undefined;
    },
  };
}

function isClaims(value: unknown): value is TokenClaims {
  return typeof value === "object" && value !== null && "tenantId" in value && "scopes" in value && Array.isArray(value.scopes) && "exp" in value && typeof value.exp === "number";
}

const needed: Readonly<Record<RoutePermission, readonly string[]>> = {
  read: ["sandboxes:read", "sandboxes:write"],
  create: ["sandboxes:create", "sandboxes:write"],
  exec: ["sandboxes:exec", "sandboxes:write"],
  files: ["sandboxes:exec", "sandboxes:write"],
  delete: ["sandboxes:write"],
};

/** True when a caller may use a route. `sandboxes:write` implies creating, running and deleting. Contract 1.2. */
export function mayUse(caller: Caller, route: { readonly path: string; readonly permission?: RoutePermission }): boolean {
  const { scopes } = caller;
  if (scopes === undefined) return true;
  if (route.path === "/tokens/scoped") return false; // only a key of the server may mint
  const wanted = route.path.startsWith("/usage") ? ["usage:read"] : needed[route.permission ?? "read"];
  return wanted.some((scope) => scopes.includes(scope) || scopes.includes(scope.replace("sandboxes:", "computers:")));
}
