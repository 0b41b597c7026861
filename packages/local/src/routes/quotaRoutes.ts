import type { Route } from "@miosa/protocol";
import { checkQuota, quotaUse } from "../access/checkQuota.js";
import { checkStorage, gigabyte, storageUse } from "../access/storage.js";
import type { Quota } from "../access/quotas.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isSandbox, type SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, type RouteParts, visibleRecords } from "./localRoute.js";

const path = "/quotas/external/:user";
const planPath = "/tenant/plan";

/** Wire names of the limits. */
const names = { maxSandboxes: "max_sandboxes", maxConcurrent: "max_concurrent", maxStorageGb: "max_storage_gb", maxCreditCents: "max_credit_cents" } as const;

/** What a platform's end users may have, and what the tenant has. Only the server's own keys set quotas. Contract 7. */
export function quotaRoutes(parts: RouteParts): LocalRoute[] {
  const route = (method: Route["method"]): LocalRoute["route"] => ({ method, path, kind: "json" });
  async function show(context: LocalContext, quota: Quota): Promise<Response> {
    const user = context.req.param("user") ?? "";
    const storedBytes = await storageUse(context.get("tenantId"), user, parts);
    const { sandboxes, concurrent, creditCents } = quotaUse(context.get("tenantId"), user, parts);
    const usage = { sandboxes, concurrent, storage_gb: storedBytes / gigabyte, credit_cents: creditCents };
    return context.json({ external_user_id: user, ...toWire(quota), usage });
  }
  return [
    {
      route: route("GET"),
      scopes: ["usage:read"],
      answer(context) {
        const user = context.req.param("user") ?? "";
        const { externalUserId = user } = context.get("caller");
        const quota = externalUserId === user ? parts.quotas.get(context.get("tenantId"), user) : undefined;
        if (!quota) throw new HttpProblem("NOT_FOUND", "There is no quota for this user.");
        return show(context, quota);
      },
    },
    {
      route: route("PUT"),
      scopes: [],
      answer(context) {
        const quota = readQuota(jsonObject(context));
        parts.quotas.set(context.get("tenantId"), context.req.param("user") ?? "", quota);
        return show(context, quota);
      },
    },
    {
      route: route("DELETE"),
      scopes: [],
      answer(context) {
        if (!parts.quotas.delete(context.get("tenantId"), context.req.param("user") ?? "")) throw new HttpProblem("NOT_FOUND", "There is no quota for this user.");
        return context.json({ ok: true });
      },
    },
    {
      route: { method: "GET", path: planPath, kind: "json" },
      scopes: ["usage:read"],
      answer(context) {
        const records = visibleRecords(context, parts);
        const limits = { requests_per_minute: parts.requestsPerMinute ?? null };
        const counters = { resources: records.length, running: records.filter(({ status }) => status === "running").length };
        return context.json({ plan: "local", tenant_id: context.get("tenantId"), limits, counters });
      },
    },
  ];
}

/** Refuses a create that would pass the quota of the user in whose name it is. */
export function withinQuota(context: LocalContext, userId: string | null, parts: RouteParts): void {
  checkQuota(context.get("tenantId"), userId, true, parts);
}

/**
 * Refuses to let run again what is paused or stopped, where that would pass the quota of its user. What it resolves with is to be
 * called right before, since others may have begun to run meanwhile.
 */
export async function mayRunAgain({ status, tenantId, attribution }: SandboxRecord, parts: RouteParts): Promise<() => void> {
  if (!["stopped", "stopping", "paused", "error"].includes(status)) return () => {};
  await checkStorage(tenantId, attribution.external_user_id, 0, parts);
  const check = (): void => checkQuota(tenantId, attribution.external_user_id, false, parts);
  check();
  return check;
}

/** Refuses to wake a sandbox for a caller where that would pass the quota of its user. */
export async function mayWake(record: SandboxRecord, parts: RouteParts): Promise<void> {
  if (isSandbox(record) && record.native.persistent) (await mayRunAgain(record, parts))();
}

function readQuota(body: Readonly<Record<string, unknown>>): Quota {
  const wrong: Record<string, string[]> = {};
  const read = (name: string): number | undefined => {
    const value = body[name] ?? undefined;
    if (value === undefined || (typeof value === "number" && value >= 0)) return value;
    wrong[name] = ["must be a number of at least 0"];
    return undefined;
  };
  const [maxSandboxes, maxConcurrent, maxStorageGb, maxCreditCents] = Object.values(names).map(read);
  if (Object.keys(wrong).length > 0) throw validationProblem(wrong);
  return {
    ...(maxSandboxes !== undefined && { maxSandboxes }),
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    ...(maxStorageGb !== undefined && { maxStorageGb }),
    ...(maxCreditCents !== undefined && { maxCreditCents }),
  };
}

function toWire({ maxSandboxes, maxConcurrent, maxStorageGb, maxCreditCents }: Quota): Record<string, number | null> {
  return {
    [names.maxSandboxes]: maxSandboxes ?? null,
    [names.maxConcurrent]: maxConcurrent ?? null,
    [names.maxStorageGb]: maxStorageGb ?? null,
    [names.maxCreditCents]: maxCreditCents ?? null,
  };
}
