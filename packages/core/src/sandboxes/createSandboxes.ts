import { sandboxTemplate } from "@miosa/protocol";
import { computerFromReply, deleteComputer, getComputer } from "../computers/computerCalls.js";
import { eachComputer, filterQuery, listAllComputers, matchesFilter } from "../computers/listComputers.js";
import type { Sandbox } from "../computers/types.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { getReadiness } from "../readiness/getReadiness.js";
import { waitUntilReady } from "../readiness/waitUntilReady.js";
import { watchReadiness } from "../readiness/watchReadiness.js";
import { requireOneOf } from "../requireArguments.js";
import { createReady } from "./createReady.js";
import { createSandboxActions } from "./sandboxActions.js";
import { createNativeSandbox, createSandbox, type SandboxApi } from "./sandboxCalls.js";
import type { Sandboxes } from "./types.js";

export { matchesFilter } from "../computers/listComputers.js";

/** The `sandboxes` namespace over a transport. By default its CRUD is the spec's: a sandbox is a computer with its template. */
export function createSandboxes(transport: Transport, { api = "computers" }: { api?: SandboxApi | undefined } = {}): Sandboxes {
  requireOneOf("sandboxApi", api, ["computers", "sandboxes"]);
  const isNative = api === "sandboxes";
  const route = isNative ? "GET /sandboxes" : "GET /computers";
  // The native collection holds nothing else; in the other one the template tells.
  const isSandbox = (computer: Sandbox): boolean => isNative || computer.templateType === sandboxTemplate;

  async function getNative(id: string, options?: CallOptions): Promise<Sandbox> {
    return computerFromReply(await transport.call("GET /sandboxes/:id", { params: { id }, options }));
  }
  async function deleteNative(id: string, options?: CallOptions): Promise<void> {
    await transport.call("DELETE /sandboxes/:id", { params: { id }, options });
  }

  const sandboxes: Sandboxes = {
    ...createSandboxActions(transport),
    create: (input = {}, options) => (isNative ? createNativeSandbox : createSandbox)(transport, input, options),
    createReady: (input, options) => createReady(sandboxes, input, options),
    async list(filter = {}, options) {
      const all = await listAllComputers(transport, filterQuery(filter), options, route);
      return all.filter((computer) => isSandbox(computer) && matchesFilter(computer, filter));
    },
    async *each(filter = {}, options) {
      for await (const computer of eachComputer(transport, filter, options, route)) if (isSandbox(computer)) yield computer;
    },
    get: (id, options) => (isNative ? getNative(id, options) : getComputer(transport, id, options)),
    delete: (id, options) => (isNative ? deleteNative(id, options) : deleteComputer(transport, id, false, options)),
    readiness: (id, options) => getReadiness(transport, id, options),
    waitUntilReady: (id, options) => waitUntilReady(transport, id, options),
    watchReadiness: (id, options) => watchReadiness(transport, id, options),
    template: () => sandboxTemplate,
  };
  return sandboxes;
}
