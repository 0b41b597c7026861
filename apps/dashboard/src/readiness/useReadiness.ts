import { useSandboxReadiness, type SandboxReadiness } from "@miosa/react";
import { useTenant } from "../tenant/TenantContext.js";

/** The readiness of a sandbox under the tenant's deadline; not watched while `enabled` is false. */
export function useReadiness(id: string, enabled = true): SandboxReadiness {
  const { readyTimeoutMs } = useTenant();
  return useSandboxReadiness(id, { timeoutMs: readyTimeoutMs, enabled });
}
