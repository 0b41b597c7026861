import type { MiosaClient } from "./client.js";
import type { MiosaClientOptions } from "./clientOptions.js";
import { createComputers } from "./computers/createComputers.js";
import { createEvents } from "./events/createEvents.js";
import { createExec } from "./exec/createExec.js";
import { createTransport } from "./http/transport.js";
import { createSandboxes } from "./sandboxes/createSandboxes.js";

/**
 * Makes a client: namespaces of functions over one transport. Throws `INVALID_ARGUMENT` when both `apiKey` and `token`
 * are given, and when an `msk_` key would reach a browser. Makes no request.
 */
export function createMiosaClient(options: MiosaClientOptions = {}): MiosaClient {
  const transport = createTransport(options);
  return {
    sandboxes: createSandboxes(transport),
    computers: createComputers(transport),
    exec: createExec(transport),
    events: createEvents(transport),
    identity: transport.identity,
  };
}
