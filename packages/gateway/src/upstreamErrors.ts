import { headerNames } from "@miosa/protocol";
import { Denial, notFound, upstreamUnreachable } from "./denial.js";
import { readAll } from "./requestBody.js";
import { isRecord } from "./wire.js";

/** Errors of the API that concern the browser's request, in our own words: the API's text may name hosts, ids or keys. */
const passedOn: Readonly<Record<string, readonly [status: number, message: string]>> = {
  INVALID_JSON: [400, "The request body is not JSON."],
  MISSING_PARAM: [400, "A required field is missing."],
  MISSING_FILE: [400, "The file is missing from the request."],
  INSUFFICIENT_CREDITS: [402, "There is no credit left for this."],
  FORBIDDEN_PATH: [403, "This path is outside the sandbox's folders."],
  COMPUTER_RUNNING: [409, "The sandbox is running. Stop it first."],
  NOT_RUNNING: [409, "The sandbox is not running."],
  COMPUTER_NOT_RUNNING: [409, "The sandbox is not running."],
  DESKTOP_UNAVAILABLE: [409, "The sandbox has no desktop."],
  IDEMPOTENCY_CONFLICT: [409, "This idempotency key was used for another request."],
  PAYLOAD_TOO_LARGE: [413, "The request body is too long."],
  FILE_TOO_LARGE: [413, "The file is too large."],
  UNSUPPORTED_MEDIA_TYPE: [415, "The request body is of a type that is not taken here."],
  VALIDATION_ERROR: [422, "A field of the request is not valid."],
  VALIDATION_FAILED: [422, "A field of the request is not valid."],
  AGENT_UNAVAILABLE: [502, "The sandbox does not answer. Try again later."],
};

const byStatus: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["BAD_REQUEST", "The sandbox API cannot read this request."],
  402: ["INSUFFICIENT_CREDITS", "There is no credit left for this."],
  405: ["METHOD_NOT_ALLOWED", "The sandbox API does not offer this."],
  409: ["CONFLICT", "The sandbox's state does not allow this."],
  413: ["PAYLOAD_TOO_LARGE", "The request body is too long."],
  415: ["UNSUPPORTED_MEDIA_TYPE", "The request body is of a type that is not taken here."],
  422: ["VALIDATION_ERROR", "A field of the request is not valid."],
  501: ["NOT_IMPLEMENTED", "The sandbox API does not offer this."],
};

const longestErrorBytes = 64 * 2 ** 10;
const longestRetryAfterSec = 3600;

/** Turns an error answer of the API into a refusal, reading nothing of it but its code and `Retry-After`. */
export async function readUpstreamError(response: Response): Promise<Denial> {
  const { status } = response;
  if (status === 429) {
    await response.body?.cancel();
    const retryAfterSec = readRetryAfter(response.headers);
    return new Denial(429, "rate_limit_exceeded", "The sandbox API is busy. Try again later.", { retryAfterSec });
  }
  const code = await readCode(response);
  const known = code === undefined ? undefined : passedOn[code];
  if (known && code !== undefined && known[0] === status) return new Denial(status, code, known[1]);
  if (status === 404 || code === "INVALID_ID") return notFound("the API knows no such thing");
  // A refused credential is the platform's own: told as a 401, the user would sign in again and again.
  if (status === 401 || status === 403) {
    const reason = `the API refused the gateway's own key with ${status}`;
    return new Denial(502, "UPSTREAM_REFUSED", "The sandbox API refused the server's credential.", { reason });
  }
  const fallback = byStatus[status];
  if (fallback) return new Denial(status, fallback[0], fallback[1]);
  return upstreamUnreachable(new Error(`The API answered ${status}.`));
}

async function readCode(response: Response): Promise<string | undefined> {
  if (!response.body) return undefined;
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(await readAll(response.body, longestErrorBytes)));
    if (!isRecord(body)) return undefined;
    const code = isRecord(body["error"]) ? body["error"]["code"] : (body["code"] ?? body["error"]);
    return typeof code === "string" ? code.toUpperCase() : undefined;
  } catch {
    return undefined; // HTML, half an answer or a huge one: the status alone decides
  }
}

function readRetryAfter(headers: Headers): number {
  const value = headers.get(headerNames.retryAfter) ?? "";
  const seconds = Number(value);
  const waitSec = value.trim() !== "" && Number.isFinite(seconds) ? seconds : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(waitSec) ? Math.min(Math.max(Math.ceil(waitSec), 0), longestRetryAfterSec) : 1;
}
