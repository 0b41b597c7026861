import type { Transport } from "../http/transport.js";
import type { WaitUntilReadyOptions } from "./types.js";
import { watchReadiness } from "./watchReadiness.js";

/**
 * Resolves true once the sandbox is ready; false on the server's `timeout` event or when `timeoutMs` passes first. Rejects
 * with a typed error when the sandbox failed, was destroyed or may not be seen, and with the signal's reason on abort.
 * Spec `wait_until_ready`.
 */
export async function waitUntilReady(transport: Transport, id: string, options?: WaitUntilReadyOptions): Promise<boolean> {
  options?.signal?.throwIfAborted();
  for await (const state of watchReadiness(transport, id, options)) {
    if (state.phase === "ready") return true;
    if (state.phase === "timedOut") return false;
    if (state.phase === "failed") throw state.error;
  }
  return false;
}
