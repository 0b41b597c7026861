import type { Route } from "@miosa/protocol";
import { type Access, maySee } from "../access/access.js";
import type { Quotas } from "../access/quotas.js";
import type { ScopedKeys } from "../access/scopedKeys.js";
import type { SandboxBox, SandboxDriver } from "../drivers/driver.js";
import type { EventLog } from "../events/eventLog.js";
import type { Terminals } from "../exec/terminals.js";
import type { FaultSource } from "../faults.js";
import type { OpenStreams } from "../http/eventStream.js";
import { HttpProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import type { CreateFields, SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { SandboxStore } from "../sandboxes/sandboxStore.js";
import type { UsageMeter } from "../usage/usageMeter.js";

/** What routes answer from. */
export interface RouteParts {
  store: SandboxStore;
  events: EventLog;
  faults: FaultSource;
  streams: OpenStreams;
  driver: SandboxDriver;
  /** What happens in each sandbox, its commands' output included, by its id. */
  sandboxEvents: EventLog;
  access: Access;
  scopedKeys: ScopedKeys;
  terminals: Terminals;
  quotas: Quotas;
  /** How often one credential may ask. @default without end */
  requestsPerMinute?: number;
  meter: UsageMeter;
  now: () => number;
  /** Largest file that may be uploaded, in bytes. */
  uploadLimitBytes: number;
  readinessStreamTimeoutMs: number;
  keepaliveMs: number;
  heartbeatMs: number;
  outputLimitBytes: number;
  onError: (error: unknown) => void;
}

/** A route and its answer. */
export interface LocalRoute {
  readonly route: Pick<Route, "method" | "path" | "kind"> & { readonly permission?: Route["permission"] };
  /** The answer reads the request's body itself, piece by piece. @default false: it is JSON, read before */
  readonly streamsBody?: boolean;
  /** Scopes of which a token needs one; `any` lets every credential in, and none leaves the route to the server's own keys. @default by the route's permission */
  readonly scopes?: "any" | readonly string[];
  /** A persistent sandbox that is paused is resumed for it. Contract 4.2. @default false */
  readonly wakes?: boolean;
  readonly answer: (context: LocalContext) => Response | Promise<Response>;
}

/** The sandbox that the path names. Throws 404 when there is none of this tenant's, and 400 when the path cannot be decoded. */
export function namedRecord(context: LocalContext, parts: RouteParts): SandboxRecord {
  if (!isDecodable(new URL(context.req.url).pathname)) {
    throw new HttpProblem("INVALID_ID", "The id in the path must be percent-encoded UTF-8.");
  }
  const record = parts.store.get(context.get("tenantId"), context.req.param("id") ?? "");
  if (!record || !maySee(context.get("caller"), record)) throw new HttpProblem("NOT_FOUND", "There is no such sandbox.");
  return record;
}

/** The sandboxes and computers that the caller may see, newest first. */
export function visibleRecords(context: LocalContext, { store }: Pick<RouteParts, "store">): readonly SandboxRecord[] {
  return store.list(context.get("tenantId")).filter((record) => maySee(context.get("caller"), record));
}

/**
 * What a caller makes. A key that is bound to one end user makes everything in that user's name. Throws 403 when it asks for another
 * one's.
 */
export function ownFields(context: LocalContext, fields: CreateFields): CreateFields {
  const { externalUserId } = context.get("caller");
  const { attribution } = fields;
  if (externalUserId === undefined || attribution.external_user_id === externalUserId) return fields;
  if (attribution.external_user_id !== null) throw new HttpProblem("FORBIDDEN", "This key makes sandboxes for its own external_user_id only.");
  return { ...fields, attribution: { ...attribution, external_user_id: externalUserId } };
}

/** The place of a running sandbox. Throws 409 when it is not running. */
export function runningBox(record: SandboxRecord, parts: RouteParts): SandboxBox {
  const box = parts.store.boxOf(record);
  if (!box) throw notRunning(record);
  return box;
}

/** A signal that aborts when the sandbox runs no longer; `callOff` lets go of it. */
export function untilStopped(record: SandboxRecord, parts: RouteParts): { signal: AbortSignal; callOff(): void } {
  const stopped = new AbortController();
  const callOff = parts.store.onStatus(record, () => {
    if (record.status !== "running") stopped.abort(notRunning(record));
  });
  return { signal: stopped.signal, callOff };
}

/** The problem of a sandbox that is not running. */
export function notRunning(record: SandboxRecord): HttpProblem {
  return new HttpProblem("NOT_RUNNING", `The sandbox is not running: its status is ${record.status}.`);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false; // the only thing that decodeURIComponent throws for
  }
}
