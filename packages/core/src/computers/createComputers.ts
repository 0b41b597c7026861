import { invalidArgument } from "../errors.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions, MutationOptions } from "../options.js";
import { requireNumber, requireObject } from "../requireArguments.js";
import {
  computerFromReply,
  createBody,
  createComputer,
  deleteComputer,
  getComputer,
  isUnknownRoute,
  requireSize,
  waitForState,
} from "./computerCalls.js";
import { eachComputer, filterQuery, listAllComputers, matchesFilter } from "./listComputers.js";
import type { Computer, Computers, ResizeInput } from "./types.js";

/** The `computers` namespace over a transport. */
export function createComputers(transport: Transport): Computers {
  const act =
    (action: "start" | "stop" | "restart") =>
    async (id: string, options: MutationOptions = {}): Promise<void> => {
      const { idempotencyKey } = options;
      await transport.call(`POST /computers/:id/${action}`, { params: { id }, idempotencyKey, options });
    };
  return {
    create: (input = {}, options) => createComputer(transport, input, options),
    async list(filter = {}, options) {
      const computers = await listAllComputers(transport, filterQuery(filter), options);
      return computers.filter((computer) => matchesFilter(computer, filter));
    },
    each: (filter = {}, options) => eachComputer(transport, filter, options),
    get: (id, options) => getComputer(transport, id, options),
    async update(id, changes, options) {
      const { name, visibility, metadata } = createBody(changes);
      return computerFromReply(
        await transport.call("PATCH /computers/:id", { params: { id }, body: { name, visibility, metadata }, options }),
      );
    },
    delete: (id, options) => deleteComputer(transport, id, false, options),
    destroy: (id, options) => deleteComputer(transport, id, true, options),
    start: act("start"),
    stop: act("stop"),
    restart: act("restart"),
    async clone(id, input = {}, options = {}) {
      const idempotencyKey = idempotencyKeyOf(options);
      const body = createBody(input);
      return computerFromReply(await transport.call("POST /computers/:id/clone", { params: { id }, body, idempotencyKey, options }));
    },
    resize: (id, input, options) => resize(transport, id, input, options),
    waitUntilRunning: (id, options) => waitForState(transport, id, "running", options),
    waitUntilStopped: (id, options) => waitForState(transport, id, "stopped", options),
  };
}

/** By PATCH, and by POST on servers that know only that. */
async function resize(transport: Transport, id: string, input: ResizeInput, options?: CallOptions): Promise<Computer> {
  requireObject("input", input);
  const { size, cpu, memoryMb } = input;
  requireSize(size);
  if (cpu !== undefined) requireNumber("cpu", cpu, 1);
  if (memoryMb !== undefined) requireNumber("memoryMb", memoryMb, 1);
  if (size === undefined && (cpu === undefined || memoryMb === undefined)) throw invalidArgument("Give a size, or cpu and memoryMb together.");
  const init = { params: { id }, body: { size, cpu, memory_mb: memoryMb }, options };
  let reply: unknown;
  try {
    reply = await transport.call("PATCH /computers/:id/resize", init);
  } catch (error) {
    if (!isUnknownRoute(error)) throw error;
    reply = await transport.call("POST /computers/:id/resize", init);
  }
  return computerFromReply(reply);
}
