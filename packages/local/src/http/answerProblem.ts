import { errorBody, headerNames } from "@miosa/protocol";
import { BoxEndedError } from "../drivers/driver.js";
import { HttpProblem } from "./httpProblem.js";
import type { LogEntry } from "../requestLog.js";

/** The answer to a request that failed: nested error body with flat mirrors. Contract 1.7. */
export function answerProblem(problem: HttpProblem, entry: LogEntry): Response {
  const { details, retryAfterSec, headers = {} } = problem.extra;
  entry.code = problem.code;
  const body = errorBody(problem.code, problem.message, {
    request_id: entry.id,
    ...(details !== undefined && { details }),
    ...(retryAfterSec !== undefined && { retry_after: retryAfterSec }),
  });
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: {
      ...headers,
      "content-type": "application/json",
      ...(retryAfterSec !== undefined && { [headerNames.retryAfter]: String(retryAfterSec) }),
    },
  });
}

/** What went wrong, as the API says it. An error of our own making is reported through `onError` and told as a bare 500. */
export function toProblem(error: unknown, onError: (error: unknown) => void): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof BoxEndedError) return new HttpProblem("AGENT_UNAVAILABLE", "The sandbox ended while this was asked of it. Its status says why.");
  onError(error);
  return new HttpProblem("INTERNAL_ERROR", "The server failed; its own output says more.");
}
