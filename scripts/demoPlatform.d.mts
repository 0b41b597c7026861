import type { GatewaySession } from "@miosa/gateway";

/** Someone who can sign in: what the page gets to know, and what the gateway enforces. */
export interface DemoAccount {
  id: string;
  userName: string;
  brand: { name?: string; accent?: string };
  session: GatewaySession;
}

/** A stand-in for the platform around the gateway. */
export interface DemoPlatform {
  /** The gateway's session check: the cookie's account, or null. */
  authorize(request: Request): GatewaySession | null;
  /** True for the paths that `handle` answers. */
  serves(path: string): boolean;
  /** Answers `/session` and `/tenant.json`. */
  handle(request: Request): Promise<Response>;
}

/** Makes the platform's stand-in. The first account is the one that a sign-in without a name gets. */
export function createDemoPlatform(options: { accounts: readonly DemoAccount[]; cookieName: string }): DemoPlatform;
