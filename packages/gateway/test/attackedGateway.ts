import { routes, type Route } from "@miosa/protocol";
import { createGatewayFor } from "../src/createGateway.js";
import type { Gateway, GatewayDenial, GatewayOptions } from "../src/gatewayOptions.js";
import type { RouteTable } from "../src/matchRoute.js";
import { toNodeListener, toNodeUpgradeListener } from "../src/node.js";
import type { GatewaySession } from "../src/session.js";
import { createTokenAuthorizer } from "../src/tokens/createTokenAuthorizer.js";
import type { BrowserTokenKey } from "../src/tokens/browserTokenKeys.js";
import { startLeakyUpstream, type LeakyUpstream } from "./leakyUpstream.js";
import { openServer } from "./servers.js";

export const apiKey = "msk_p_the-platforms-secret-key";

const everything = ["read", "create", "exec", "files", "delete"] as const;

/** Who may be asking, by the value of the `session` cookie. */
export const sessions: Readonly<Record<string, GatewaySession>> = {
  ann: { externalWorkspaceId: "acme", externalUserId: "ann", can: everything },
  team: { externalWorkspaceId: "acme", can: everything },
  reader: { externalWorkspaceId: "acme", externalUserId: "rea", can: ["read"] },
  creator: { externalWorkspaceId: "acme", externalUserId: "cre", can: ["create"] },
  nothing: { externalWorkspaceId: "acme", can: [] },
  private: { externalWorkspaceId: "acme", externalUserId: "ann", can: everything, isolation: "user" },
  limited: { externalWorkspaceId: "acme", externalUserId: "ann", can: everything, sandboxIds: ["acme-1", "globex-1"] },
  expired: { externalWorkspaceId: "acme", can: everything, expiresAtMs: 1 },
  gil: { externalWorkspaceId: "globex", externalUserId: "gil", can: everything },
  newcomer: { externalWorkspaceId: "initech", externalUserId: "ian", can: everything },
};

/** Sessions that a mistaken platform might return. */
const brokenSessions: Readonly<Record<string, unknown>> = {
  empty: { externalWorkspaceId: "", can: everything },
  blank: { externalWorkspaceId: "  ", can: everything },
  none: { can: everything },
  nullish: { externalWorkspaceId: null, can: everything },
  wildcard: { externalWorkspaceId: "acme", can: ["*"] },
  cannot: { externalWorkspaceId: "acme" },
  both: { externalWorkspaceId: "acme", operator: true, can: everything },
  maybe: { operator: "false", can: everything },
  listed: { externalWorkspaceId: "acme", can: everything, sandboxIds: "acme-1" },
  dated: { externalWorkspaceId: "acme", can: everything, expiresAtMs: "tomorrow" },
  renamed: { externalWorkspaceId: "acme", externalUserId: "", can: everything },
  apart: { externalWorkspaceId: "acme", externalUserId: "ann", can: everything, isolation: "users" },
  alone: { externalWorkspaceId: "acme", can: everything, isolation: "user" },
};

const post = { method: "POST", kind: "json" } as const;

/** Routes of every kind, whether or not the client calls them yet. */
export const attackedRoutes: RouteTable = {
  ...routes,
  attacked: {
    widen: { ...post, path: "/computers/:id/volumes/:volume", permission: "create" },
    plan: { method: "GET", path: "/tenant/plan", permission: "read", kind: "json" },
  } satisfies Record<string, Route>,
};

export const tokenKeys: Readonly<Record<"current" | "previous", BrowserTokenKey>> = {
  current: { kid: "k2", alg: "HS256", key: new TextEncoder().encode("0123456789abcdef0123456789abcdef") },
  previous: { kid: "k1", alg: "HS256", key: new TextEncoder().encode("fedcba9876543210fedcba9876543210") },
};

export const audience = "https://gateway.example/api/miosa";

/** A gateway in front of an API that gives everything away. */
export interface AttackedGateway {
  baseUrl: string;
  gateway: Gateway;
  upstream: LeakyUpstream;
  denials: GatewayDenial[];
  close(): Promise<void>;
}

export async function startAttackedGateway(options: Partial<GatewayOptions> = {}): Promise<AttackedGateway> {
  const upstream = await startLeakyUpstream();
  const denials: GatewayDenial[] = [];
  const authorizeToken = createTokenAuthorizer({ keys: Object.values(tokenKeys), audience, issuer: "https://platform.example" });
  const gateway = createGatewayFor(attackedRoutes, {
    apiKey,
    upstream: upstream.baseUrl,
    origins: ["https://dash.example"],
    authorize: async (request) => {
      const cookie = /(?:^|;\s*)session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "";
      // A platform in plain JavaScript can return anything.
      const broken = brokenSessions[cookie];
      if (broken !== undefined && isSaidToBeASession(broken)) return broken;
      if (cookie === "throws") throw new Error("the session store is down at db.internal.example");
      return sessions[cookie] ?? (await authorizeToken(request));
    },
    onDeny: (denial) => denials.push(denial),
    ...options,
  });
  const server = await openServer(toNodeListener(gateway));
  server.server.on("upgrade", toNodeUpgradeListener(gateway));
  return {
    baseUrl: server.baseUrl,
    gateway,
    upstream,
    denials,
    async close() {
      gateway.close();
      for (const socket of upstream.sockets) socket.destroy();
      await server.close();
      await upstream.close();
    },
  };
}

/** Lets a value through to the gateway as it is, wherever the type of `authorize` would have stopped it. */
function isSaidToBeASession(_value: unknown): _value is GatewaySession {
  return true;
}
