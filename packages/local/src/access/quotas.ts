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

const maxQuotas = 10_000;

/** Makes the quotas of one server. */
export function createQuotas(): Quotas {
  const quotas = new Map<string, Quota>();
  const keyOf = (tenantId: string, userId: string): string => JSON.stringify([tenantId, userId]);
  return {
    get: (tenantId, userId) => quotas.get(keyOf(tenantId, userId)),
    set(tenantId, userId, quota) {
      quotas.set(keyOf(tenantId, userId), quota);
      const [oldest] = quotas.keys();
      if (quotas.size > maxQuotas && oldest !== undefined) quotas.delete(oldest);
    },
    delete: (tenantId, userId) => quotas.delete(keyOf(tenantId, userId)),
  };
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
