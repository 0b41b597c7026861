import type { CreateComputerInput, Sandbox } from "../computers/types.js";
import { isApiError } from "../errors.js";
import { optimisticSandbox } from "./optimisticSandbox.js";
import { put, removed } from "./sandboxChanges.js";
import type { SandboxCache, SandboxChange } from "./types.js";

/** Shows a row for a sandbox that is being created, in every list that would hold it, until `create` has settled. */
export function showCreating(
  cache: SandboxCache,
  input: CreateComputerInput,
  template: string,
  create: () => Promise<Sandbox>,
): Promise<Sandbox> {
  const shown = showStandIn(cache, optimisticSandbox(cache.nextNumber(), input, template), template, create);
  cache.creating(shown);
  return shown;
}

async function showStandIn(cache: SandboxCache, standIn: Sandbox, template: string, create: () => Promise<Sandbox>): Promise<Sandbox> {
  // Lists hold only sandboxes: a computer of another template is created without a row.
  const isListed = standIn.templateType === template;
  const release = isListed ? cache.hold(put(standIn)) : undefined;
  const question = cache.ask();
  try {
    const sandbox = question.one(await create());
    release?.();
    if (isListed) cache.record(put(sandbox, standIn.id));
    cache.add(sandbox);
    return sandbox;
  } catch (error) {
    release?.();
    cache.record(removed(standIn.id));
    throw error;
  }
}

/** Shows a sandbox in the state that it is being brought into, until `moving` has settled; an error brings the old one back. */
export async function showMoving(
  cache: SandboxCache,
  id: string,
  state: "starting" | "stopping" | "destroying",
  moving: () => Promise<void>,
): Promise<void> {
  const before = cache.find(id);
  const change: SandboxChange = {
    id,
    // What the server says meanwhile is newer, unless it is the old state.
    apply: (row) => (row && (state === "destroying" || row.state === before?.state) ? { ...row, state, status: state } : row),
  };
  const release = cache.hold(change);
  const question = cache.ask();
  try {
    await moving();
    release();
    cache.record(state === "destroying" ? removed(id) : change);
  } catch (error) {
    release();
    if (isApiError(error) && error.status === 404) cache.record(removed(id));
    else if (before) cache.record(put(question.one(before)));
    throw error;
  }
}
