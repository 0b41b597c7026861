import { headerNames } from "@miosa/protocol";
import { ApiError } from "../errors.js";
import { asNumber, asString, isRecord } from "../guards.js";
import { type ErrorContext, htmlHint } from "./readBody.js";

const longestMessage = 500;

/** Builds the typed error for an error answer out of any of the bodies of contract 1.7. */
export function errorFromResponse({ request, sandboxId }: ErrorContext, status: number, headers: Headers, body: unknown): ApiError {
  const outer = isRecord(body) ? body : {};
  const inner = isRecord(outer["error"]) ? outer["error"] : {};
  const code = asString(inner["code"]) ?? asString(outer["code"]) ?? constantLike(outer["error"]) ?? "UNKNOWN_ERROR";
  const said =
    asString(inner["message"]) ??
    asString(outer["message"]) ??
    asString(outer["detail"]) ??
    asString(outer["reason"]) ??
    asString(outer["error"]) ??
    firstProblem(outer["errors"]) ??
    plainText(body) ??
    `HTTP ${status}`;
  return new ApiError(`${request} failed with ${status}: ${said.slice(0, longestMessage)}`, {
    code,
    status,
    sandboxId,
    requestId: headers.get(headerNames.requestId) ?? asString(inner["request_id"]) ?? asString(outer["request_id"]),
    details: inner["details"] ?? outer["details"] ?? (isRecord(body) ? body : undefined),
    retryAfterMs: readRetryAfterMs(headers, asNumber(outer["retry_after"]) ?? asNumber(inner["retry_after"]), Date.now()),
  });
}

/**
 * How long the server asks us to wait, in milliseconds: `Retry-After` in seconds or as an HTTP date, else
 * the body's `retry_after`, `bodySec`. Undefined when it says nothing that can be read. A date is read by the server's own clock,
 * where the answer shows it: the two clocks may be hours apart.
 */
export function readRetryAfterMs(headers: Headers, bodySec: number | undefined, wallClockMs: number): number | undefined {
  const header = headers.get(headerNames.retryAfter)?.trim() || "none";
  const nowMs = Date.parse(headers.get("date") ?? "") || wallClockMs;
  const readings = [Number(header) * 1000, Date.parse(header) - nowMs, (bodySec ?? Number.NaN) * 1000];
  const afterMs = readings.find((reading) => !Number.isNaN(reading));
  return afterMs === undefined ? undefined : Math.min(Math.max(0, afterMs), Number.MAX_SAFE_INTEGER);
}

function constantLike(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Z][A-Z0-9_]+$/.test(value) ? value : undefined;
}

function firstProblem(errors: unknown): string | undefined {
  if (!Array.isArray(errors)) return undefined;
  const first: unknown = errors[0];
  return asString(first) ?? (isRecord(first) ? asString(first["message"]) : undefined);
}

function plainText(body: unknown): string | undefined {
  const text = asString(body)?.trim();
  return text ? (htmlHint(text) ?? text) : undefined;
}
