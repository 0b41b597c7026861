import { computerRoutes, sandboxTemplate } from "@miosa/protocol";
import type { Sandboxes } from "../client.js";
import { computerFromWire } from "../computers/computerFromWire.js";
import { listAllComputers } from "../computers/listComputers.js";
import type { CreateComputerInput, ListSandboxesFilter, Sandbox } from "../computers/types.js";
import { invalidArgument } from "../errors.js";
import { isRecord } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { getReadiness } from "../readiness/getReadiness.js";
import { waitUntilReady } from "../readiness/waitUntilReady.js";
import { watchReadiness } from "../readiness/watchReadiness.js";
import { requireId } from "../requireId.js";
import { unwrapOne } from "../wire.js";

/** The `sandboxes` namespace over a transport: the spec's wire, a sandbox being a computer with its template. */
export function createSandboxes(transport: Transport): Sandboxes {
  return {
    async create(input = {}, options = {}) {
      const body = createBody(input);
      const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID();
      const reply = await transport.call(computerRoutes.create, { params: {}, body, idempotencyKey, options });
      return computerFromWire(unwrapOne(reply, "computer", "sandbox"));
    },
    async list(filter = {}, options) {
      const query = {
        external_workspace_id: filter.externalWorkspaceId,
        external_user_id: filter.externalUserId,
        external_project_id: filter.externalProjectId,
      };
      const computers = await listAllComputers(transport, query, options);
      return computers.filter((computer) => computer.templateType === sandboxTemplate && matchesFilter(computer, filter));
    },
    async get(id, options) {
      requireId(id);
      const reply = await transport.call(computerRoutes.get, { params: { id }, options });
      return computerFromWire(unwrapOne(reply, "computer", "sandbox"));
    },
    async delete(id, options) {
      requireId(id);
      await transport.call(computerRoutes.delete, { params: { id }, options });
    },
    readiness: (id, options) => getReadiness(transport, id, options),
    waitUntilReady: (id, options) => waitUntilReady(transport, id, options),
    watchReadiness: (id, options) => watchReadiness(transport, id, options),
    template: () => sandboxTemplate,
  };
}

/** True when a sandbox passes a list's filter. Servers filter too, where they can. */
export function matchesFilter(sandbox: Sandbox, filter: ListSandboxesFilter): boolean {
  const states = filter.state === undefined ? undefined : [filter.state].flat();
  return (
    (filter.externalWorkspaceId === undefined || sandbox.externalWorkspaceId === filter.externalWorkspaceId) &&
    (filter.externalUserId === undefined || sandbox.externalUserId === filter.externalUserId) &&
    (filter.externalProjectId === undefined || sandbox.externalProjectId === filter.externalProjectId) &&
    (states === undefined || states.includes(sandbox.state))
  );
}

/** Body of a create. The template is the sandbox's only when the caller left it out; a given null is kept (contract 2). */
function createBody(input: CreateComputerInput): Record<string, unknown> {
  if (!isRecord(input)) throw invalidArgument("create takes an object of attributes, or nothing.");
  for (const name of ["name", "externalWorkspaceId", "externalUserId", "externalProjectId"]) {
    const value = input[name];
    if (value !== undefined && typeof value !== "string") throw invalidArgument(`${name} must be a string.`);
  }
  return {
    name: input.name,
    template_type: "templateType" in input && input.templateType !== undefined ? input.templateType : sandboxTemplate,
    size: input.size,
    metadata: input.metadata,
    visibility: input.visibility,
    external_workspace_id: input.externalWorkspaceId,
    external_user_id: input.externalUserId,
    external_project_id: input.externalProjectId,
  };
}
