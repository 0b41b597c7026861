import { asString } from "../guards.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { requireId } from "../requireArguments.js";
import { camelize, unwrapOne } from "../wire.js";
import type { Readiness } from "./types.js";

/** Asks once whether a sandbox is ready. `GET /sandboxes/:id/readiness`, contract 3.1. */
export async function getReadiness(
  transport: Transport,
  id: string,
  options?: CallOptions & { retry?: boolean },
): Promise<Readiness> {
  requireId(id);
  const body = await transport.call("GET /sandboxes/:id/readiness", { params: { id }, options, retry: options?.retry });
  const wire = unwrapOne(body);
  const status = asString(wire["status"]) ?? null;
  return {
    ...camelize(wire),
    sandboxId: asString(wire["sandbox_id"]) ?? id,
    // Nothing else counts as ready: not a running state, not the 200 itself.
    ready: wire["ready"] === true || status === "ready",
    status,
    readyAt: asString(wire["ready_at"]) ?? null,
  };
}
