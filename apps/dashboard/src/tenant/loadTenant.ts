import { defaultTenant, tenantFromJson, type Tenant } from "./tenant.js";

const timeoutMs = 3000;

/** Fetches `/tenant.json`. Without it the page still works, under the default name, and the failure is reported as an error of the page. */
export async function loadTenant(): Promise<Tenant> {
  try {
    const response = await fetch("/tenant.json", { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`/tenant.json answered ${response.status}`);
    return tenantFromJson(await response.json());
  } catch (error) {
    reportError(error);
    return defaultTenant;
  }
}
