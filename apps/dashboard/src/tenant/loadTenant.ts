import { defaultTenant, tenantFromJson, type Tenant } from "./tenant.js";

const timeoutMs = 3000;

/** {@link fetchTenant} for a page that opens: without an answer it still works, under the default name, and reports the failure as its own. */
export async function loadTenant(): Promise<Tenant> {
  try {
    return await fetchTenant();
  } catch (error) {
    reportError(error);
    return defaultTenant;
  }
}

/** Fetches `/tenant.json`, and signs in as the demo's first user where the server says that nobody is. Rejects without an answer. */
export async function fetchTenant(): Promise<Tenant> {
  const response = await fetch("/tenant.json", { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status === 204) return signIn(null);
  if (!response.ok) throw new Error(`/tenant.json answered ${response.status}`);
  return tenantFromJson(await response.json());
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
