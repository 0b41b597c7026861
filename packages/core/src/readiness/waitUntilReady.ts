import type { Transport } from "../http/transport.js";
import { startTimer } from "../timers.js";
import type { WaitUntilReadyOptions } from "./types.js";
import { watchReadiness } from "./watchReadiness.js";

/**
 * Resolves true once the sandbox is ready; false on the server's `timeout` event or when `timeoutMs` passes first. Rejects
 * with a typed error when the sandbox failed, was destroyed or may not be seen, and with the signal's reason on abort.
 * Spec `wait_until_ready`.
 */
export async function waitUntilReady(transport: Transport, id: string, options?: WaitUntilReadyOptions): Promise<boolean> {
  options?.signal?.throwIfAborted();
  const states = watchReadiness(transport, id, options);
  for (;;) {
    const { value: state } = await states.next();
    if (!state) return false;
    if (state.phase === "connecting" || state.phase === "booting") continue;
    // In the next task: taking a connection down costs more than all that is between the frame and the caller.
    startTimer(0, () => void states.return());
    if (state.phase === "failed") throw state.error;
    return state.phase === "ready";
  }
}
