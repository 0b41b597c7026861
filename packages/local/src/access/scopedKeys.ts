import { createHash, randomBytes } from "node:crypto";
import { isObject } from "../isObject.js";
import { type Journal, noJournal } from "../state/journal.js";

/** A key that does what its scopes say, for one end user of a platform and nobody else. Contract 1.2. */
export interface ScopedKey {
  readonly id: string;
  readonly tenantId: string;
  readonly externalUserId: string;
  readonly scopes: readonly string[];
  /** In milliseconds since 1970, as is `expiresAt`. */
  readonly createdAt: number;
  /** Absent without an end. */
  readonly expiresAt?: number;
}

/** A key as it is written down: its text is known to nobody afterwards. */
export interface SavedKey extends ScopedKey {
  readonly digest: string;
}

/** The scoped keys of all tenants. */
export interface ScopedKeys {
  mint(key: Omit<ScopedKey, "id" | "createdAt">): { readonly text: string; readonly key: ScopedKey };
  /** The key with this text, while it is good. */
  find(text: string): ScopedKey | undefined;
  /** A tenant's keys that are good, newest first. */
  list(tenantId: string): readonly ScopedKey[];
  /** Takes a key back. False when there is none. */
  revoke(tenantId: string, id: string): boolean;
}

const maxKeys = 10_000;

/** What a scoped key starts with: it says that it is delegated. */
const prefix = "msk_l2_";

/** Makes the scoped keys of one server, beginning with those that an earlier one has written down. */
export function createScopedKeys(now: () => number, journal: Journal = noJournal, saved: readonly SavedKey[] = []): ScopedKeys {
  const keys = new Map<string, ScopedKey>();
  const isGood = ({ expiresAt = Infinity }: ScopedKey): boolean => expiresAt > now();

  function put(digest: string, key: ScopedKey): void {
    keys.set(digest, key);
    write(digest);
    for (const [oldest, each] of keys) {
      if (keys.size <= maxKeys && isGood(each)) break;
      remove(oldest);
    }
  }

  function remove(digest: string): void {
    keys.delete(digest);
    write(digest);
  }

  function write(digest: string): void {
    journal.note(`key:${digest}`, () => {
      const key = keys.get(digest);
      return key && { ...key, digest };
    });
  }

  for (const { digest, ...key } of saved.toSorted((a, b) => a.createdAt - b.createdAt)) put(digest, key);

  return {
    mint(given) {
      const text = prefix + randomBytes(24).toString("base64url");
      const key = { ...given, id: `key_${randomBytes(12).toString("hex")}`, createdAt: now() };
      put(digestOf(text), key);
      return { text, key };
    },
    find(text) {
      const key = text.startsWith(prefix) ? keys.get(digestOf(text)) : undefined;
      return key && isGood(key) ? key : undefined;
    },
    list: (tenantId) => [...keys.values()].filter((key) => key.tenantId === tenantId && isGood(key)).toReversed(),
    revoke(tenantId, id) {
      const found = [...keys].find(([, key]) => key.tenantId === tenantId && key.id === id && isGood(key));
      if (found) remove(found[0]);
      return found !== undefined;
    },
  };
}

/** True for a key that was written down. */
export function isSavedKey(value: unknown): value is SavedKey {
  if (!isObject(value)) return false;
  const { digest, id, tenantId, externalUserId, scopes, createdAt, expiresAt } = value;
  const isText = (text: unknown): boolean => typeof text === "string";
  const isNamed = [digest, id, tenantId, externalUserId].every(isText) && Array.isArray(scopes) && scopes.every(isText);
  return isNamed && typeof createdAt === "number" && (expiresAt === undefined || typeof expiresAt === "number");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
