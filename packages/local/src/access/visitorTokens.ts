import { createHash, randomBytes } from "node:crypto";

/** What a visitor may do: look, or also send something. Contract 4.11. */
export type VisitorScope = "read" | "interact";

/** A token that lets visitors in, as it is known afterwards. */
export interface VisitorToken {
  readonly id: string;
  readonly scope: VisitorScope;
  readonly createdAt: number;
  /** In milliseconds since 1970; undefined without an end. */
  readonly expiresAt: number | undefined;
}

/** Tokens that let visitors in somewhere. Only digests of them are kept. */
export interface VisitorTokens {
  /** Makes one. Its text is known to nobody afterwards. */
  mint(prefix: string, scope: VisitorScope, lifeSec: number | undefined): { readonly text: string; readonly token: VisitorToken };
  /** The tokens that are still good, oldest first. */
  list(): readonly VisitorToken[];
  /** What a visitor with this text may do. */
  scopeOf(text: string): VisitorScope | undefined;
  /** Takes back one token, or all. False when there was none. */
  revoke(id?: string): boolean;
}

const maxTokens = 1_000;

/** Makes an empty list of tokens. */
export function createVisitorTokens(now: () => number): VisitorTokens {
  const tokens = new Map<string, VisitorToken>();
  const isGood = ({ expiresAt = Infinity }: VisitorToken): boolean => expiresAt > now();
  return {
    mint(prefix, scope, lifeSec) {
      const text = prefix + randomBytes(24).toString("base64url");
      const token = { id: `shr_${randomBytes(12).toString("hex")}`, scope, createdAt: now(), expiresAt: lifeSec === undefined ? undefined : now() + lifeSec * 1_000 };
      tokens.set(digest(text), token);
      const [oldest] = tokens.keys();
      if (tokens.size > maxTokens && oldest !== undefined) tokens.delete(oldest);
      return { text, token };
    },
    list: () => [...tokens.values()].filter(isGood),
    scopeOf(text) {
      const token = tokens.get(digest(text));
      return token && isGood(token) ? token.scope : undefined;
    },
    revoke(id) {
      const found = [...tokens].filter(([, token]) => (id === undefined || token.id === id) && isGood(token));
      for (const [key] of found) tokens.delete(key);
      return found.length > 0;
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
