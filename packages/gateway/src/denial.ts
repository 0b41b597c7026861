import { errorBody, headerNames } from "@miosa/protocol";

/** A refusal, thrown where a check fails and turned into an answer in one place. */
export class Denial extends Error {
  override readonly name = "Denial";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: { retryAfterSec?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
  }
}

/** The refusal that says nothing: no such route, no such resource, or one that belongs to somebody else. */
export function notFound(): Denial {
  return new Denial(404, "NOT_FOUND", "Nothing was found at this path.");
}

/** The upstream API could not be reached, or answered in a way that is not passed on. */
export function upstreamUnreachable(cause: unknown): Denial {
  return new Denial(502, "UPSTREAM_UNREACHABLE", "The sandbox API could not be reached. Try again later.", { cause });
}

/** Answers a refusal in the API's error envelope. Contract 1.7. */
export function denialResponse(denial: Denial, requestId: string): Response {
  const { retryAfterSec } = denial.extra;
  const body = errorBody(denial.code, denial.message, {
    request_id: requestId,
    ...(retryAfterSec !== undefined && { retry_after: retryAfterSec }),
  });
  const headers = new Headers({ "content-type": "application/json" });
  if (retryAfterSec !== undefined) headers.set(headerNames.retryAfter, String(retryAfterSec));
  return new Response(JSON.stringify(body), { status: denial.status, headers });
}
