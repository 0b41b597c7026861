import { createHash } from "node:crypto";
import { isObject } from "../isObject.js";
import { type Journal, noJournal } from "../state/journal.js";

/** What one end user of a platform may have; a limit that is absent is none. Contract 7. */
export interface Quota {
  readonly maxSandboxes?: number;
  readonly maxConcurrent?: number;
  readonly maxStorageGb?: number;
  readonly maxCreditCents?: number;
}

/** What one end user has. */
export interface QuotaUse {
  readonly sandboxes: number;
  readonly concurrent: number;
  readonly creditCents: number;
}

/** The quotas of all tenants' end users. */
export interface Quotas {
  get(tenantId: string, userId: string): Quota | undefined;
  set(tenantId: string, userId: string, quota: Quota): void;
  /** False when there was none. */
  delete(tenantId: string, userId: string): boolean;
}

/** A quota as it is written down. */
export interface SavedQuota extends Quota {
  readonly tenantId: string;
  readonly userId: string;
}

const maxQuotas = 10_000;

/** Makes the quotas of one server, beginning with those that an earlier one has written down. */
export function createQuotas(journal: Journal = noJournal, saved: readonly SavedQuota[] = []): Quotas {
  const quotas = new Map<string, SavedQuota>();
  const keyOf = (tenantId: string, userId: string): string => JSON.stringify([tenantId, userId]);
  const write = (key: string): void => journal.note(`quota:${createHash("sha256").update(key).digest("hex")}`, () => quotas.get(key));

  function remove(key: string): boolean {
    const wasThere = quotas.delete(key);
    write(key);
    return wasThere;
  }

  function put(quota: SavedQuota): void {
    const key = keyOf(quota.tenantId, quota.userId);
    quotas.set(key, quota);
    write(key);
    const [oldest] = quotas.keys();
    if (quotas.size > maxQuotas && oldest !== undefined) remove(oldest);
  }

  for (const each of saved) put(each);
  return {
    get: (tenantId, userId) => quotas.get(keyOf(tenantId, userId)),
    set: (tenantId, userId, quota) => put({ ...quota, tenantId, userId }),
    delete: (tenantId, userId) => remove(keyOf(tenantId, userId)),
  };
}

/** True for a quota that was written down. */
export function isSavedQuota(value: unknown): value is SavedQuota {
  if (!isObject(value)) return false;
  const { tenantId, userId, ...limits } = value;
  const named = ["maxSandboxes", "maxConcurrent", "maxStorageGb", "maxCreditCents"];
  return [tenantId, userId].every((text) => typeof text === "string") && Object.entries(limits).every(([name, limit]) => named.includes(name) && typeof limit === "number");
}

/** Which limit one more running sandbox would pass, be it new or there already, and what is used of it. */
export function passedLimit(quota: Quota, use: QuotaUse, isNew: boolean): { readonly name: string; readonly limit: number; readonly used: number } | undefined {
  const limits = [
    { name: "max_sandboxes", limit: isNew ? quota.maxSandboxes : undefined, used: use.sandboxes },
    { name: "max_concurrent", limit: quota.maxConcurrent, used: use.concurrent },
    { name: "max_credit_cents", limit: quota.maxCreditCents, used: use.creditCents },
  ];
  for (const { name, limit, used } of limits) if (limit !== undefined && used >= limit) return { name, limit, used };
  return undefined;
}
