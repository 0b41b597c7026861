import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { RoutePermission } from "@miosa/protocol";
import type { ApiKeys } from "../apiKeys.js";
import { isObject } from "../isObject.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { ScopedKeys } from "./scopedKeys.js";

/** Who asks, and what for. */
export interface Caller {
  readonly tenantId: string;
  /** Undefined for a key of the server, which may do everything. */
  readonly scopes?: readonly string[];
  /** The one end user whose sandboxes it sees and makes. Undefined for whoever sees all of the tenant's. */
  readonly externalUserId?: string;
}

/** What a scoped token says. */
interface TokenClaims {
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly externalUserId?: string;
  /** Seconds since 1970. */
  readonly exp: number;
}

/** Tells callers from credentials: keys, scoped keys and tokens, and tickets. */
export interface Access {
  /** The caller with this bearer credential. */
  callerOf(credential: string): Caller | undefined;
  /** A token of these scopes. Contract 1.2. */
  mintToken(claims: { tenantId: string; scopes: readonly string[]; userId: string; workspaceId: string; expiresInSec: number }): string;
  /** A ticket that stands for the caller once, within a minute. Contract 5.1. */
  mintTicket(caller: Caller): string;
  /** A link to exactly this address, without its ticket, that works for everyone and more than once while it lives. */
  signLink(caller: Caller, url: URL, lifeSec: number): URL;
  /** The caller of a ticket, which is used up by this, or of a link to `url`. */
  callerOfTicket(ticket: string, url: URL): Caller | undefined;
}

/** How long a ticket lives, in seconds. */
export const ticketLifeSec = 60;
const maxTickets = 10_000;

/** All scopes that this server tells apart. Those of computers mean the same as those of sandboxes. Contract 1.2. */
export const allScopes = ["sandboxes:read", "sandboxes:create", "sandboxes:exec", "sandboxes:write", "computers:read", "computers:write", "usage:read", "previews:write"] as const;

/** True for a list of scopes out of {@link allScopes}. */
export function isScopes(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((scope) => allScopes.some((known) => known === scope));
}

/** What a link's tickets start with. */
const linkPrefix = "slnk_";

/** What tells callers apart besides the server's own keys. */
export interface AccessParts {
  readonly scopedKeys: ScopedKeys;
  /** What tokens and links are signed with: they are good for as long as it is kept. */
  readonly secret: Uint8Array;
  readonly now: () => number;
}

/** Makes the access of one server. What was given in a tenant's name ends with the last of the tenant's own keys. */
export function createAccess(keys: ApiKeys, { scopedKeys, secret, now }: AccessParts): Access {
  const tickets = new Map<string, { caller: Caller; until: number }>();
  const sign = (text: string): Buffer => createHmac("sha256", secret).update(text).digest();

  function claimsOf(token: string): TokenClaims | undefined {
    const [header, payload, signature] = token.split(".");
    if (!header || !payload || !signature) return undefined;
    return readSigned(payload, signature, `${header}.${payload}`);
  }

  /** The claims in `payload`, when the signature is ours and they are still good. */
  function readSigned(payload: string, signature: string, signed: string): TokenClaims | undefined {
    const wanted = sign(signed);
    const given = Buffer.from(signature, "base64url");
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString()); // ours, as the signature shows
    return isClaims(claims) && claims.exp * 1_000 > now() && keys.hasTenant(claims.tenantId) ? claims : undefined;
  }

  return {
    callerOf(credential) {
      const tenantId = keys.tenantOf(credential);
      if (tenantId !== undefined) return { tenantId };
      const scoped = scopedKeys.find(credential);
      if (scoped) return keys.hasTenant(scoped.tenantId) ? callerFrom(scoped) : undefined;
      const claims = claimsOf(credential);
      return claims && callerFrom(claims);
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
    signLink(caller, url, lifeSec) {
      const until = Math.floor(now() / 1_000) + lifeSec;
      const claims = Buffer.from(JSON.stringify({ ...caller, scopes: caller.scopes ?? allScopes, exp: until })).toString("base64url");
      const link = new URL(url);
      link.searchParams.delete("ticket");
      link.searchParams.set("ticket", `${linkPrefix}${claims}.${sign(`${claims} ${addressOf(url)}`).toString("base64url")}`);
      return link;
    },
    callerOfTicket(ticket, url) {
      if (ticket.startsWith(linkPrefix)) {
        const [claims = "", signature = ""] = ticket.slice(linkPrefix.length).split(".");
        const read = readSigned(claims, signature, `${claims} ${addressOf(url)}`);
        return read && callerFrom(read);
      }
      const entry = tickets.get(ticket);
      tickets.delete(ticket);
      return entry && entry.until > now() ? entry.caller : undefined;
    },
  };
}

function callerFrom({ tenantId, scopes, externalUserId }: Caller): Caller {
  return { tenantId, ...(scopes && { scopes }), ...(externalUserId !== undefined && { externalUserId }) };
}

function isClaims(value: unknown): value is TokenClaims {
  if (!isObject(value)) return false;
  const { tenantId, scopes, externalUserId, exp } = value;
  return typeof tenantId === "string" && Array.isArray(scopes) && (externalUserId === undefined || typeof externalUserId === "string") && typeof exp === "number";
}

/** Path and query of an address, without its ticket. */
function addressOf({ pathname, searchParams }: URL): string {
  const query = [...searchParams].filter(([name]) => name !== "ticket");
  return `${pathname}?${new URLSearchParams(query).toString()}`;
}

const needed: Readonly<Record<RoutePermission, readonly string[]>> = {
  read: ["sandboxes:read", "sandboxes:write"],
  create: ["sandboxes:create", "sandboxes:write"],
  exec: ["sandboxes:exec", "sandboxes:write"],
  files: ["sandboxes:exec", "sandboxes:write"],
  delete: ["sandboxes:write"],
};

/** True for what a caller may see: all of its tenant's, or with a key that is bound to one end user, that user's. */
export function maySee({ tenantId, externalUserId }: Caller, owned: Pick<SandboxRecord, "tenantId" | "attribution">): boolean {
  return owned.tenantId === tenantId && (externalUserId === undefined || owned.attribution.external_user_id === externalUserId);
}

/** True when a caller may use a route. `sandboxes:write` implies creating, running and deleting. Contract 1.2. */
export function mayUse(caller: Caller, { permission = "read" }: { readonly permission?: RoutePermission }, ownScopes?: "any" | readonly string[]): boolean {
  const { scopes } = caller;
  if (scopes === undefined || ownScopes === "any") return true;
  const wanted = ownScopes ?? needed[permission];
  return wanted.some((scope) => scopes.includes(scope) || scopes.includes(scope.replace("sandboxes:", "computers:")));
}
