import { sandboxTemplate } from "@miosa/protocol";
import { computerFromReply, createBody, createComputer } from "../computers/computerCalls.js";
import type { Sandbox } from "../computers/types.js";
import { invalidArgument } from "../errors.js";
import { idempotencyKeyOf } from "../http/idempotencyKey.js";
import type { Transport } from "../http/transport.js";
import type { MutationOptions } from "../options.js";
import { requireObject } from "../requireArguments.js";
import { nativeBody } from "./nativeBody.js";
import type { CreateSandboxInput } from "./types.js";

/** The collection that sandbox create, list, get and delete use. */
export type SandboxApi = "computers" | "sandboxes";

const nativeOnly = ["templateId", "cpuCount", "memoryMb", "diskSizeMb", "timeoutSec", "idleTimeoutSec", "persistent", "alwaysOn", "env", "tags"];

/**
 * Creates a sandbox by the spec's wire: a computer with its template, unless the caller gave one, null included (contract 2).
 * One idempotency key covers all tries. `POST /computers`.
 */
export async function createSandbox(transport: Transport, input: CreateSandboxInput = {}, options?: MutationOptions): Promise<Sandbox> {
  requireObject("input", input);
  for (const name of nativeOnly) {
    if (name in input) throw invalidArgument(`${name} needs the client option sandboxApi: "sandboxes".`);
  }
  const { templateType = sandboxTemplate } = input;
  return createComputer(transport, { ...input, templateType }, options);
}

/** Creates a sandbox by the native wire. `POST /sandboxes`. */
export async function createNativeSandbox(transport: Transport, input: CreateSandboxInput, options: MutationOptions = {}): Promise<Sandbox> {
  const body = { ...createBody(input), ...nativeBody(input) };
  const idempotencyKey = idempotencyKeyOf(options);
  return computerFromReply(await transport.call("POST /sandboxes", { params: {}, body, idempotencyKey, options }));
}
