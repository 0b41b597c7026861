import type { CreateComputerInput, Sandbox } from "../computers/types.js";

const prefix = "optimistic:";

/** True for a row that stands in for a sandbox whose creation has not been answered yet: it has no real id, so show no link to it. */
export function isOptimisticSandbox(sandbox: Pick<Sandbox, "id">): boolean {
  return sandbox.id.startsWith(prefix);
}

/** The row to show until the server answers. Its id is `optimistic:` and `number`, which is unique within one query cache. */
export function optimisticSandbox(number: number, input: CreateComputerInput, templateType: string): Sandbox {
  const now = new Date().toISOString();
  return {
    id: `${prefix}${number}`,
    name: input.name ?? null,
    state: "creating",
    status: "creating",
    templateType: input.templateType === undefined ? templateType : input.templateType,
    size: input.size ?? null,
    metadata: input.metadata ?? {},
    externalWorkspaceId: input.externalWorkspaceId ?? null,
    externalUserId: input.externalUserId ?? null,
    externalProjectId: input.externalProjectId ?? null,
    createdAt: now,
    updatedAt: now,
  };
}
