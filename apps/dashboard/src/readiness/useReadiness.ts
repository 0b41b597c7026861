import { useSandboxReadiness, type SandboxReadiness } from "@miosa/react";
import { useTenant } from "../tenant/TenantContext.js";

/** The readiness of a sandbox under the tenant's deadline. */
export function useReadiness(id: string): SandboxReadiness {
  const { readyTimeoutMs } = useTenant();
  return useSandboxReadiness(id, { timeoutMs: readyTimeoutMs });
}
