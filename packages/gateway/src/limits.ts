import { eventHeartbeatMs } from "@miosa/protocol";
import { Denial } from "./denial.js";
import { createLru } from "./lru.js";

/** How much one tenant, and one request, may take. Every member has a default. */
export interface GatewayLimits {
  /** Requests of one tenant per minute, all of which may come at once. @default 6000 */
  requestsPerMinute?: number;
  /** Requests of one tenant under way at once, streams apart. @default 200 */
  concurrentRequests?: number;
  /** Streams and WebSockets of one tenant open at once. @default 1000 */
  concurrentStreams?: number;
  /** Longest JSON body of a request, in bytes. @default 1 MiB */
  jsonBytes?: number;
  /** Longest JSON body of a request that writes files, in bytes. @default 16 MiB */
  fileJsonBytes?: number;
  /** Longest streamed upload, in bytes. @default 2 GiB */
  uploadBytes?: number;
  /** Longest URL, in bytes. @default 8 KiB */
  urlBytes?: number;
  /** All headers of a request together, in bytes. @default 12 KiB */
  headerBytes?: number;
  /** Until `authorize` has answered, in milliseconds. @default 10000 */
  authorizeTimeoutMs?: number;
  /** Until the browser has sent a JSON body, in milliseconds. @default 30000 */
  bodyTimeoutMs?: number;
  /** Until the API has answered, in milliseconds. @default 60000 */
  upstreamTimeoutMs?: number;
  /** The same for running a command, which answers at its end, in milliseconds. @default 330000 */
  execTimeoutMs?: number;
  /** A stream that is silent for this long is closed, in milliseconds. @default 120000 */
  streamIdleMs?: number;
  /** A stream is closed after this long, so that the session is checked again, in milliseconds. @default 3600000 */
  streamMaxMs?: number;
  /** How long a tenant's claim to an id is believed, in milliseconds. @default 30000 */
  ownershipTtlMs?: number;
  /** How long an id stays unknown to a tenant, in milliseconds. @default 5000 */
  unknownTtlMs?: number;
  /** Ids remembered, of each kind. @default 10000 */
  ownershipEntries?: number;
  /** Rows of a list that are read upstream for one answer. @default 10000 */
  listRows?: number;
  /** How long one event's owner may be looked up for, while later events wait, in milliseconds. @default 5000 */
  feedLookupMs?: number;
  /** A comment is written to quiet event streams this often, in milliseconds. @default 15000 */
  heartbeatMs?: number;
  /** Events kept for browsers that reconnect. @default 1000 */
  replayEvents?: number;
  /** A browser that leaves this many bytes of events unread is cut off. @default 256 KiB */
  slowReaderBytes?: number;
}

/** Fills in what the platform did not set. */
export function withDefaults(limits: GatewayLimits = {}): Required<GatewayLimits> {
  return {
    requestsPerMinute: 6000,
    concurrentRequests: 200,
    concurrentStreams: 1000,
    jsonBytes: 2 ** 20,
    fileJsonBytes: 16 * 2 ** 20,
    uploadBytes: 2 * 2 ** 30,
    urlBytes: 8 * 2 ** 10,
    headerBytes: 12 * 2 ** 10,
    authorizeTimeoutMs: 10_000,
    bodyTimeoutMs: 30_000,
    upstreamTimeoutMs: 60_000,
    execTimeoutMs: 330_000,
    streamIdleMs: 120_000,
    streamMaxMs: 3_600_000,
    ownershipTtlMs: 30_000,
    unknownTtlMs: 5_000,
    ownershipEntries: 10_000,
    listRows: 10_000,
    feedLookupMs: 5_000,
    heartbeatMs: eventHeartbeatMs,
    replayEvents: 1_000,
    slowReaderBytes: 256 * 2 ** 10,
    ...limits,
  };
}

interface Account {
  tokens: number;
  refilledAtMs: number;
  requests: number;
  streams: number;
}

const tenantsRemembered = 10_000;

/** Counts what each tenant uses. `now` is in milliseconds. */
export function createLimiter(limits: Required<GatewayLimits>, now: () => number) {
  const accounts = createLru<Account>(tenantsRemembered, (account) => account.requests + account.streams === 0);

  /** Takes one request off the tenant's budget and returns the function that gives its place back. Throws a 429. */
  return function enter(tenant: string, kind: "requests" | "streams"): () => void {
    const account = accounts.get(tenant) ?? { tokens: limits.requestsPerMinute, refilledAtMs: now(), requests: 0, streams: 0 };
    accounts.set(tenant, account);
    const perMs = limits.requestsPerMinute / 60_000;
    const atMs = now();
    account.tokens = Math.min(limits.requestsPerMinute, account.tokens + (atMs - account.refilledAtMs) * perMs);
    account.refilledAtMs = atMs;
    if (account.tokens < 1) throw tooMany(Math.ceil((1 - account.tokens) / perMs / 1000), "requests per minute");
    if (account[kind] >= limits[kind === "requests" ? "concurrentRequests" : "concurrentStreams"]) {
      throw tooMany(1, `${kind} at once`);
    }
    account.tokens -= 1;
    account[kind] += 1;
    let isInside = true;
    return () => {
      if (isInside) account[kind] -= 1;
      isInside = false;
    };
  };
}

/** The refusal of what comes too often, with the time after which it may come again. */
export function tooMany(retryAfterSec: number, what: string): Denial {
  return new Denial(429, "rate_limit_exceeded", `Too many ${what}. Try again later.`, { retryAfterSec });
}
