import { type CreateComputerInput, isApiError, type Sandbox } from "@miosa/core";
import { optimisticSandbox } from "./optimisticSandbox.js";
import type { SandboxCache } from "./sandboxCache.js";

/** Shows a row for a sandbox that is being created, in every list that would hold it, until `creating` has settled. */
export async function showCreating(
  cache: SandboxCache,
  input: CreateComputerInput,
  template: string,
  creating: () => Promise<Sandbox>,
): Promise<Sandbox> {
  const standIn = optimisticSandbox(cache.nextNumber(), input, template);
  // Lists hold only sandboxes: a computer of another template is created without a row.
  const isListed = standIn.templateType === template;
  const release = isListed ? cache.hold({ type: "put", sandbox: standIn }) : () => {};
  const question = cache.ask();
  try {
    const sandbox = question.settle(await creating());
    release();
    cache.seed(sandbox);
    if (isListed) cache.record({ type: "put", sandbox, insteadOf: standIn.id });
    return sandbox;
  } catch (error) {
    release();
    cache.record({ type: "remove", id: standIn.id, state: "destroyed" });
    throw error;
  }
}

/** Takes a sandbox out of every list while it is being deleted, and puts it back if that fails. One that is gone already stays out. */
export async function hideDeleting(cache: SandboxCache, id: string, deleting: () => Promise<void>): Promise<void> {
  const before = cache.find(id);
  const release = cache.hold({ type: "remove", id, state: "destroying" });
  const question = cache.ask();
  try {
    await deleting();
    release();
    cache.record({ type: "remove", id, state: "destroyed" });
  } catch (error) {
    release();
    if (isApiError(error) && error.status === 404) cache.record({ type: "remove", id, state: "destroyed" });
    else if (before !== undefined) cache.record({ type: "put", sandbox: question.settle(before) });
    throw error;
  }
}
