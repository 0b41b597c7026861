import { errorBody, headerNames } from "@miosa/protocol";

/** What goes along with a refusal. */
export interface DenialExtra {
  /** Sent as `Retry-After` and in the body, in seconds. */
  retryAfterSec?: number;
  /** Sent in the body. Made here, never upstream. */
  details?: Record<string, string>;
  /** The true reason, for the platform's log only: it may say what the answer must not. */
  reason?: string;
  /** What was thrown, for the platform's log only. */
  cause?: unknown;
}

/** A refusal, thrown where a check fails and turned into an answer in one place. */
export class Denial extends Error {
  override readonly name = "Denial";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: DenialExtra = {},
  ) {
    super(message, { cause: extra.cause });
  }
}

/** The refusal that says nothing: no such route, no such resource, or one that belongs to somebody else. */
export function notFound(reason: string): Denial {
  return new Denial(404, "NOT_FOUND", "Nothing was found at this path.", { reason });
}

/** What the session may not do, whatever it names. */
export function forbidden(message: string, reason?: string): Denial {
  return new Denial(403, "FORBIDDEN", message, reason === undefined ? {} : { reason });
}

/** The upstream API could not be reached, or answered in a way that is not passed on. */
export function upstreamUnreachable(cause: unknown): Denial {
  return new Denial(502, "UPSTREAM_UNREACHABLE", "The sandbox API could not be reached. Try again later.", { cause });
}

/** A fault of the gateway or of the platform's own code. */
export function internalError(cause: unknown): Denial {
  return new Denial(500, "INTERNAL_ERROR", "The gateway failed. Its log says why.", { cause, reason: "something threw" });
}

/** Answers a refusal in the API's error envelope. Contract 1.7. */
export function denialResponse(denial: Denial, requestId: string): Response {
  const { retryAfterSec, details } = denial.extra;
  const body = errorBody(denial.code, denial.message, {
    request_id: requestId,
    ...(details && { details }),
    ...(retryAfterSec !== undefined && { retry_after: retryAfterSec }),
  });
  const headers = new Headers({ "content-type": "application/json" });
  if (retryAfterSec !== undefined) headers.set(headerNames.retryAfter, String(retryAfterSec));
  return new Response(JSON.stringify(body), { status: denial.status, headers });
}
