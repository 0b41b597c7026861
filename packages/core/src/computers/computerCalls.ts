import { ApiError, invalidArgument, isApiError, TimeoutError } from "../errors.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions, MutationOptions } from "../options.js";
import { requireNumber, requireObject, requireOneOf } from "../requireArguments.js";
import { createDeadline, sleep } from "../timers.js";
import { snakeKeys, unwrapOne } from "../wire.js";
import { computerFromWire } from "./computerFromWire.js";
import type { Computer, ComputerState, CreateComputerInput, WaitForStateOptions } from "./types.js";

/** The names that an answer may put a computer under. */
export function computerFromReply(reply: unknown): Computer {
  return computerFromWire(unwrapOne(reply, "computer", "sandbox"));
}

/**
 * Wire body of a create: every member given, those we do not know included, as the spec's client passes them on. Throws
 * `INVALID_ARGUMENT` for what no server would take. Contract 2.2 and 6.3.
 */
export function createBody(input: CreateComputerInput): Record<string, unknown> {
  requireObject("input", input);
  for (const [name, value] of Object.entries(input)) {
    if (/^(name|visibility|external)/.test(name) && typeof (value ?? "") !== "string") throw invalidArgument(`${name} must be a string.`);
  }
  requireSize(input.size);
  if (input.metadata !== undefined) requireObject("metadata", input.metadata);
  return snakeKeys(input);
}

/** Throws `INVALID_ARGUMENT` for a size that is not in the API's table; `xlarge` is an old name of `xl`. */
export function requireSize(size: unknown): void {
  requireOneOf("size", size, ["xs", "small", "medium", "large", "xl", "xlarge"]);
}

/** Creates a computer. One idempotency key covers all tries. `POST /computers`. */
export async function createComputer(transport: Transport, input: CreateComputerInput, options: MutationOptions = {}): Promise<Computer> {
  const body = createBody(input);
  const idempotencyKey = idempotencyKeyOf(options);
  return computerFromReply(await transport.call("POST /computers", { params: {}, body, idempotencyKey, options }));
}

/** One computer. `GET /computers/:id`. */
export async function getComputer(transport: Transport, id: string, options?: CallOptions): Promise<Computer> {
  return computerFromReply(await transport.call("GET /computers/:id", { params: { id }, options }));
}

/** Deletes a computer; `force` also while it runs. `DELETE /computers/:id`. */
export async function deleteComputer(transport: Transport, id: string, force: boolean, options?: CallOptions): Promise<void> {
  await transport.call("DELETE /computers/:id", { params: { id }, query: { force: force || undefined }, options });
}

const hopeless: ReadonlySet<ComputerState> = new Set(["error", "destroying", "destroyed"]);

/**
 * Asks until a computer has a state, first at once. Rejects with `COMPUTER_ERROR` when it failed or is being destroyed, with
 * a TimeoutError at the deadline, and with any refusal at once; a lost connection or an overloaded server is asked again.
 */
export async function waitForState(
  transport: Transport,
  id: string,
  wanted: ComputerState,
  options: WaitForStateOptions = {},
): Promise<Computer> {
  const { timeoutMs = 300_000, pollIntervalMs = 2_000, headers } = options;
  requireNumber("timeoutMs", timeoutMs, 0);
  requireNumber("pollIntervalMs", pollIntervalMs, 0);
  options.signal?.throwIfAborted();
  const deadline = createDeadline(timeoutMs, options.signal);
  const { signal } = deadline;
  try {
    for (;;) {
      const computer = await deadline.race(getComputer(transport, id, { signal, timeoutMs: Math.min(timeoutMs, 30_000), headers }));
      if (computer.state === wanted) return computer;
      if (hopeless.has(computer.state)) {
        throw new ApiError(`Computer ${id} is ${computer.status} and will not become ${wanted}.`, {
          code: "COMPUTER_ERROR",
          sandboxId: id,
          details: computer,
        });
      }
      await sleep(pollIntervalMs, signal);
    }
  } catch (error) {
    if (deadline.expired) {
      throw new TimeoutError(`Computer ${id} was not ${wanted} within ${timeoutMs} ms.`, { code: "TIMEOUT", sandboxId: id });
    }
    throw error;
  } finally {
    deadline.dispose();
  }
}

/** True for the answer of a server that does not know a route or its method. */
export function isUnknownRoute(error: unknown): boolean {
  return isApiError(error) && (error.status === 404 || error.status === 405);
}
