import { useSandboxReadiness, type SandboxReadiness } from "@miosa/react";
import { useTenant } from "../tenant/TenantContext.js";

/** Pause between polls where there is no stream, in milliseconds; a person does not see the difference to less. */
const pollIntervalMs = 250;

/** The readiness of a sandbox under the tenant's deadline. Every component that asks in this way shares one watch. */
export function useReadiness(id: string): SandboxReadiness {
  const { readyTimeoutMs } = useTenant();
  return useSandboxReadiness(id, { timeoutMs: readyTimeoutMs, pollIntervalMs });
}

/** The same without a stream, at the pace of a list. */
export function usePolledReadiness(id: string): SandboxReadiness {
  const { readyTimeoutMs } = useTenant();
  return useSandboxReadiness(id, { timeoutMs: readyTimeoutMs, pollIntervalMs: 4 * pollIntervalMs, stream: false });
}
