import { HttpProblem } from "../http/httpProblem.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { SandboxStore } from "../sandboxes/sandboxStore.js";
import { creditCentsOf } from "../usage/creditCents.js";
import type { UsageMeter } from "../usage/usageMeter.js";
import { passedLimit, type QuotaUse, type Quotas } from "./quotas.js";

/** What a look at a quota needs. */
export interface QuotaParts {
  readonly quotas: Quotas;
  readonly store: Pick<SandboxStore, "list">;
  readonly meter: UsageMeter;
  readonly now: () => number;
}

const running: ReadonlySet<SandboxRecord["status"]> = new Set(["creating", "starting", "running"]);

/** What an end user of a tenant has now, and has used since the month began. */
export function quotaUse(tenantId: string, userId: string, { store, meter, now }: Omit<QuotaParts, "quotas">): QuotaUse {
  const own = store.list(tenantId).filter(({ attribution }) => attribution.external_user_id === userId);
  const sessions = meter.sessions(tenantId).filter(({ record }) => record.attribution.external_user_id === userId);
  const today = new Date(now());
  const monthStart = Date.UTC(today.getUTCFullYear(), today.getUTCMonth());
  return { sandboxes: own.length, concurrent: own.filter(({ status }) => running.has(status)).length, creditCents: creditCentsOf(sessions, monthStart, now(), now()) };
}

/**
 * Refuses one more sandbox or computer that is to run, `isNew` or not, for an end user who has all that the quota allows. The quota limits what the tenant's own key
 * does in that user's name; it never lets anybody in.
 */
export function checkQuota(tenantId: string, userId: string | null, isNew: boolean, parts: QuotaParts): void {
  const quota = userId === null ? undefined : parts.quotas.get(tenantId, userId);
  if (!quota || userId === null) return;
  const passed = passedLimit(quota, quotaUse(tenantId, userId, parts), isNew);
  if (!passed) return;
  const code = passed.name === "max_credit_cents" ? "INSUFFICIENT_CREDITS" : "QUOTA_EXCEEDED";
  throw new HttpProblem(code, `This user's quota is used up: ${passed.name} is ${passed.limit}.`, { details: { quota: passed.name, limit: passed.limit, used: passed.used } });
}
