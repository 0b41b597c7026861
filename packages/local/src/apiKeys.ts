import { createHash, randomBytes } from "node:crypto";
import { apiKeyPrefix } from "@miosa/protocol";

/** A key that a server accepts, and the tenant whose sandboxes it shows. */
export interface LocalApiKey {
  key: string;
  tenantId: string;
}

/** Tells the tenant of a key. */
export interface ApiKeys {
  /** The first key. */
  readonly first: string;
  tenantOf(key: string): string | undefined;
  /** True for a tenant of one of the keys. */
  hasTenant(tenantId: string): boolean;
}

/** A fresh random key of the user kind. Contract 1.2. */
export function createApiKey(): string {
  return `${apiKeyPrefix}u_${randomBytes(24).toString("base64url")}`;
}

/** True for what can be a key. */
export function isApiKey(text: string): boolean {
  return /^msk_[\x21-\x7e]+$/.test(text);
}

/** Reads the `apiKeys` option. A key given without a tenant is a tenant of its own. */
export function readApiKeys(given: readonly (string | LocalApiKey)[] = [createApiKey()]): ApiKeys {
  const keys = given.map((entry) => (typeof entry === "string" ? { key: entry, tenantId: ownTenant(entry) } : entry));
  const [first] = keys;
  if (!first) throw new TypeError("apiKeys: give at least one key, or leave the option out for a fresh one.");
  for (const { key, tenantId } of keys) {
    if (!isApiKey(key)) throw new TypeError(`apiKeys: a key must start with ${apiKeyPrefix} and hold no spaces.`);
    if (!tenantId) throw new TypeError("apiKeys: tenantId must not be empty.");
  }
  // Looked up by digest, so that the time of a look-up tells nothing about a key.
  const tenants = new Map(keys.map(({ key, tenantId }) => [digest(key), tenantId]));
  return { first: first.key, tenantOf: (key) => tenants.get(digest(key)), hasTenant: (tenantId) => keys.some((each) => each.tenantId === tenantId) };
}

function ownTenant(key: string): string {
  return `ten_${digest(key).slice(0, 12)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
