import { defaultTenant, tenantFromJson, type Tenant } from "./tenant.js";

const timeoutMs = 3000;

/**
 * Fetches `/tenant.json`, and signs in as the demo's first user where the server says that nobody is. Without an answer the page
 * still works, under the default name, and the failure is reported as an error of the page.
 */
export async function loadTenant(): Promise<Tenant> {
  try {
    const response = await fetch("/tenant.json", { signal: AbortSignal.timeout(timeoutMs) });
    if (response.status === 204) return await signIn(null);
    if (!response.ok) throw new Error(`/tenant.json answered ${response.status}`);
    return tenantFromJson(await response.json());
  } catch (error) {
    reportError(error);
    return defaultTenant;
  }
}

/** Signs in to the demo as `account`, or as its first one for null. Rejects when the server does not take it. */
export async function signIn(account: string | null): Promise<Tenant> {
  const response = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ account }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`/session answered ${response.status}`);
  return tenantFromJson(await response.json());
}
