import type { RoutePermission } from "@miosa/protocol";
import { isRecord } from "./wire.js";

/** What the platform says about a signed-in user: a customer's, or one of its own staff. */
export type GatewaySession = TenantSession | OperatorSession;

/** What every session says. */
export interface SessionTerms {
  /** What the user may do; `[]` is nothing. The gateway's own `can` narrows it further. */
  can: readonly RoutePermission[];
  /** Limits the session to these sandboxes; it then can neither create nor read usage. @default all it would see */
  sandboxIds?: readonly string[];
  /** When the session ends, in milliseconds since 1970; streams are cut then. @default no end of its own */
  expiresAtMs?: number;
}

/** A user of one customer. */
export interface TenantSession extends SessionTerms {
  operator?: never;
  /** The platform's own id of the customer. Everything the user sees and makes carries it. */
  externalWorkspaceId: string;
  /** The platform's own id of the user. Put on everything they create. */
  externalUserId?: string;
  /**
   * `"workspace"`: the user sees all of their customer's sandboxes. `"user"`: only those with their own
   * `externalUserId`, which is then required. @default "workspace"
   */
  isolation?: "workspace" | "user";
}

/** One of the platform's own staff, who sees every customer's sandboxes and chooses the attribution. Never for a customer. */
export interface OperatorSession extends SessionTerms {
  operator: true;
  externalWorkspaceId?: never;
  externalUserId?: never;
  isolation?: never;
}

/** The labels of a resource that say whose it is. */
export interface Attribution {
  externalWorkspaceId?: string;
  externalUserId?: string;
}

const permissions: readonly string[] = ["read", "create", "exec", "files", "delete"] satisfies RoutePermission[];
const longestLabel = 255;

/** True for a session that can be enforced. Anything else is a fault of the platform's code and lets nobody in. */
export function isUsableSession(value: unknown): value is GatewaySession {
  if (!isRecord(value)) return false;
  const { operator, externalWorkspaceId, externalUserId, can, isolation, sandboxIds, expiresAtMs } = value;
  // Both at once is a mistake, and neither is nobody: a customer without an id must not become the whole platform.
  if (operator === undefined ? !isLabel(externalWorkspaceId) : operator !== true || externalWorkspaceId !== undefined) return false;
  if (externalUserId !== undefined && !isLabel(externalUserId)) return false;
  if (!Array.isArray(can) || !can.every((permission) => typeof permission === "string" && permissions.includes(permission))) {
    return false;
  }
  if (isolation !== undefined && isolation !== "workspace" && !(isolation === "user" && externalUserId !== undefined)) return false;
  if (sandboxIds !== undefined && !(Array.isArray(sandboxIds) && sandboxIds.every((id) => typeof id === "string"))) return false;
  return expiresAtMs === undefined || (typeof expiresAtMs === "number" && Number.isFinite(expiresAtMs));
}

/** True for a text that the API stores as an attribution label. Contract 2.1. */
export function isLabel(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= longestLabel;
}

/** The one rule of ownership. */
export function owns(session: GatewaySession, owner: Attribution): boolean {
  if (session.operator) return true;
  if (owner.externalWorkspaceId !== session.externalWorkspaceId) return false;
  return session.isolation !== "user" || owner.externalUserId === session.externalUserId;
}

/** True unless the session is limited to certain sandboxes and this is none of them. */
export function mayTouchId(session: GatewaySession, id: string): boolean {
  return session.sandboxIds === undefined || session.sandboxIds.includes(id);
}

/** Names everyone who sees the same resources. */
export function tenantKey(session: GatewaySession): string {
  return JSON.stringify([session.externalWorkspaceId ?? null, session.isolation === "user" ? session.externalUserId : null]);
}
