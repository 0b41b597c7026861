import { failedReadinessStatuses, readinessEvents } from "@miosa/protocol";
import { ApiError, isApiError, isMiosaError, isNetworkError, isProtocolError, isTimeoutError, MiosaError } from "../errors.js";
import { asString, isRecord } from "../guards.js";
import type { SseMessage } from "../sse/sseMessages.js";
import type { Failure, ReadinessEvent } from "./readinessState.js";
import type { Readiness } from "./types.js";

/** Statuses that asking again cannot change. Contract 3.3. */
const finalStatuses: ReadonlySet<number> = new Set([400, 401, 402, 403, 422]);
/** Statuses of a server that has no readiness stream. */
const unsupportedStatuses: ReadonlySet<number> = new Set([404, 405, 406, 501]);

/** What a readiness answer means to the wait. */
export function eventOfReadiness(readiness: Readiness): ReadinessEvent {
  if (readiness.ready) return { type: "saidReady", readyAt: readiness.readyAt };
  const failed = failedReadinessStatuses.find((status) => status === readiness.status);
  if (failed === undefined) return { type: "saidNotReady" };
  const reason = asString(readiness["error"]) ?? asString(readiness["reason"]);
  return { type: "saidFailed", error: sandboxFailure(readiness.sandboxId, failed === "destroyed", reason, readiness) };
}

/** What a stream message means to the wait; undefined for frames that mean nothing to it. The exact event name decides. */
export function eventOfFrame(sandboxId: string, message: SseMessage): ReadinessEvent | undefined {
  const data = parseData(message.data);
  const reason = asString(data["reason"]) ?? asString(data["error"]);
  switch (message.event) {
    case readinessEvents.ready:
      return { type: "readyFrame", readyAt: asString(data["ready_at"]) ?? null };
    case readinessEvents.timeout:
      return { type: "timeoutFrame", reason: reason ?? null };
    case "sandbox.error":
    case "sandbox.destroyed":
      return { type: "saidFailed", error: sandboxFailure(sandboxId, message.event === "sandbox.destroyed", reason, data) };
    default:
      return undefined;
  }
}

/** How a failed stream is to be taken. 404 here means a server without the stream; the poll tells an unknown sandbox. */
export function streamFailure(error: unknown): Failure {
  if (isApiError(error)) {
    return unsupportedStatuses.has(error.status ?? 0) ? { kind: "unsupported" } : failureOfStatus(error);
  }
  if (isProtocolError(error)) return { kind: "unsupported" };
  if (isTimeoutError(error)) return { kind: "silent", error };
  return otherFailure(error);
}

/** How a failed poll is to be taken. 404 is final: there is no such sandbox, or no longer. */
export function pollFailure(error: unknown): Failure {
  if (isApiError(error)) return error.status === 404 ? { kind: "final", error } : failureOfStatus(error);
  if (isTimeoutError(error) || isProtocolError(error)) return { kind: "transient", error };
  return otherFailure(error);
}

function failureOfStatus(error: ApiError): Failure {
  if (error.status === 429) return { kind: "rateLimited", retryAfterMs: error.retryAfterMs, error };
  // A gateway's own key is refused upstream: no browser can mend that by asking again.
  const isFinal = error.code === "UPSTREAM_REFUSED" || finalStatuses.has(error.status ?? 0);
  return { kind: isFinal ? "final" : "transient", error };
}

function otherFailure(error: unknown): Failure {
  if (isNetworkError(error)) return { kind: "transient", error };
  if (isMiosaError(error)) return { kind: "final", error };
  return {
    kind: "final",
    error: new MiosaError("A hook of the client threw.", { code: "HOOK_FAILED", cause: error }),
  };
}

/** The error of a sandbox that will never be ready. */
export function sandboxFailure(sandboxId: string, isDestroyed: boolean, reason: string | undefined, details: unknown): ApiError {
  const what = isDestroyed ? "was destroyed" : "failed to start";
  return new ApiError(`Sandbox ${sandboxId} ${what}${reason ? `: ${reason}` : "."}`, {
    code: isDestroyed ? "SANDBOX_DESTROYED" : "SANDBOX_FAILED",
    sandboxId,
    details,
  });
}

function parseData(data: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(data);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {}; // the event name alone decides; its data is optional to a client (contract 3.2)
  }
}
