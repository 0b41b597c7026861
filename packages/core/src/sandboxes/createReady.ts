import { isApiError, isMiosaError, TimeoutError } from "../errors.js";
import type { Sandbox } from "../computers/types.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import { createDeadline } from "../timers.js";
import { requireNumber } from "../requireArguments.js";
import type { CreateReadyOptions, CreateSandboxInput, Sandboxes } from "./types.js";

/** The calls that it is made of, on whichever collection the client uses. */
type Calls = Pick<Sandboxes, "create" | "get" | "delete" | "waitUntilReady">;

/** See `Sandboxes.createReady`. */
export async function createReady(calls: Calls, input: CreateSandboxInput = {}, options: CreateReadyOptions = {}): Promise<Sandbox> {
  const { timeoutMs = 60_000, cleanupTimeoutMs = 10_000, idempotencyKey: _, signal: callerSignal, onOrphan, ...wait } = options;
  const idempotencyKey = idempotencyKeyOf(options);
  requireNumber("timeoutMs", timeoutMs, 0);
  requireNumber("cleanupTimeoutMs", cleanupTimeoutMs, 0);
  callerSignal?.throwIfAborted();
  const { headers } = wait;
  const deadline = createDeadline(timeoutMs, callerSignal);
  const { signal } = deadline;
  let sandboxId: string | undefined;

  /** Destroys what was created. A create without an answer is sent again with its key, which finds its sandbox. */
  async function cleanUp(error: unknown): Promise<void> {
    const limits = { timeoutMs: cleanupTimeoutMs, headers };
    if (sandboxId === undefined && mayHaveCreated(error)) sandboxId = (await calls.create(input, { ...limits, idempotencyKey })).id;
    if (sandboxId === undefined) return;
    try {
      await calls.delete(sandboxId, limits);
    } catch (failure) {
      if (!isApiError(failure) || failure.status !== 404) throw failure;
    }
  }

  try {
    const sandbox = await deadline.race(calls.create(input, { signal, headers, idempotencyKey, timeoutMs }));
    sandboxId = sandbox.id;
    const isReady = await calls.waitUntilReady(sandboxId, { ...wait, signal, timeoutMs: deadline.remainingMs() });
    if (!isReady) throw notReady(sandboxId, timeoutMs);
    return await calls.get(sandboxId, { signal, headers, timeoutMs });
  } catch (error) {
    try {
      await cleanUp(error);
    } catch (failure) {
      onOrphan?.({ sandboxId, idempotencyKey, error: failure });
    }
    if (callerSignal?.aborted) throw callerSignal.reason;
    if (deadline.expired) throw notReady(sandboxId, timeoutMs);
    // Whichever call failed, its error tells which sandbox it was about.
    if (isMiosaError(error) && sandboxId !== undefined) Object.defineProperty(error, "sandboxId", { value: sandboxId, enumerable: true });
    throw error;
  } finally {
    deadline.dispose();
  }
}

/** False only where it is certain that nothing was made: our own refusal, or the server's. */
function mayHaveCreated(error: unknown): boolean {
  if (isApiError(error)) return error.status === undefined || error.status >= 500 || error.status === 408;
  return !(isMiosaError(error) && error.kind === "argument");
}

function notReady(sandboxId: string | undefined, timeoutMs: number): TimeoutError {
  return new TimeoutError(`The sandbox was not ready within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId });
}
