import type { Route } from "@miosa/protocol";
import type { SandboxDriver } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import type { FaultSource } from "../faults.js";
import type { OpenStreams } from "../http/eventStream.js";
import { HttpProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { SandboxStore } from "../sandboxes/sandboxStore.js";

/** What routes answer from. */
export interface RouteParts {
  store: SandboxStore;
  events: EventLog;
  faults: FaultSource;
  streams: OpenStreams;
  driver: SandboxDriver;
  readinessStreamTimeoutMs: number;
  keepaliveMs: number;
  heartbeatMs: number;
  outputLimitBytes: number;
}

/** A route and its answer. */
export interface LocalRoute {
  readonly route: Pick<Route, "method" | "path" | "kind">;
  readonly answer: (context: LocalContext) => Response | Promise<Response>;
}

/** The sandbox that the path names. Throws 404 when there is none of this tenant's, and 400 when the path cannot be decoded. */
export function namedRecord(context: LocalContext, parts: RouteParts): SandboxRecord {
  if (!isDecodable(new URL(context.req.url).pathname)) {
    throw new HttpProblem("INVALID_ID", "The id in the path must be percent-encoded UTF-8.");
  }
  const record = parts.store.get(context.get("tenantId"), context.req.param("id") ?? "");
  if (!record) throw new HttpProblem("NOT_FOUND", "There is no such sandbox.");
  return record;
}


function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false; // the only thing that decodeURIComponent throws for
  }
}
