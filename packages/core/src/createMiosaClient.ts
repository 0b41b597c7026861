import type { MiosaClient } from "./client.js";
import type { MiosaClientOptions } from "./clientOptions.js";
import { createComputers } from "./computers/createComputers.js";
import { createDesktop } from "./desktop/createDesktop.js";
import { createEvents } from "./events/createEvents.js";
import { createExec } from "./exec/createExec.js";
import { createFiles } from "./files/createFiles.js";
import { identityOf } from "./http/identity.js";
import { createTransport } from "./http/transport.js";
import { createSandboxes } from "./sandboxes/createSandboxes.js";
import { createTokens } from "./tokens/createTokens.js";
import { createUsage } from "./usage/createUsage.js";

/**
 * Makes a client: namespaces of functions over one transport. Throws `INVALID_ARGUMENT` when both `apiKey` and `token`
 * are given, and when an `msk_` key would reach a browser. Makes no request.
 */
export function createMiosaClient(options: MiosaClientOptions = {}): MiosaClient {
  const transport = createTransport(options);
  return {
    sandboxes: createSandboxes(transport, { api: options.sandboxApi }),
    computers: createComputers(transport),
    exec: createExec(transport),
    files: createFiles(transport),
    desktop: createDesktop(transport),
    events: createEvents(transport),
    usage: createUsage(transport),
    tokens: createTokens(transport),
    identity: (key) => identityOf(transport.baseUrl, transport.fixedCredential(), key),
  };
}
