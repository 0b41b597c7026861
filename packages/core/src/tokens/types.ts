import type { CallOptions } from "../options.js";

/** For whom, how long and for what a token is. Contract 1.2. */
export interface MintScopedInput {
  /** The platform's end user. */
  userId: string;
  workspaceId: string;
  /** Whole seconds, 1 to 86400. @default the server's (3600) */
  expiresInSec?: number | undefined;
  /** Such as `sandboxes:read`; a subset of the caller's. @default all of the caller's */
  scopes?: readonly string[] | undefined;
}

/** A token for a browser. Hand it to nobody but its user. */
export interface ScopedToken {
  token: string;
  /** ISO-8601, UTC. */
  expiresAt: string | null;
  scopes: string[];
}

/** Scoped tokens. Only a server's own key may mint them. Contract 1.2. */
export interface Tokens {
  /** Mints a token for one end user of one workspace. Never retried. `POST /tokens/scoped`. */
  mintScoped(input: MintScopedInput, options?: CallOptions): Promise<ScopedToken>;
}
