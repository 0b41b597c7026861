import { computerRoutes } from "@miosa/protocol";
import type { Computers } from "../client.js";
import type { Transport } from "../http/transport.js";
import { requireId } from "../requireId.js";

/** The `computers` namespace over a transport. */
export function createComputers(transport: Transport): Computers {
  return {
    async start(id, options) {
      requireId(id);
      await transport.call(computerRoutes.start, { params: { id }, options });
    },
    async destroy(id, options) {
      requireId(id);
      await transport.call(computerRoutes.delete, { params: { id }, query: { force: true }, options });
    },
  };
}
