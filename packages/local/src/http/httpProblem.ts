import { errorStatuses, type WireErrorCode } from "@miosa/protocol";

/** What a problem's answer carries besides code and message. */
export interface ProblemExtra {
  /** Where it differs from the code's usual status. */
  status?: number;
  details?: unknown;
  retryAfterSec?: number;
  headers?: Readonly<Record<string, string>>;
}

/** Thrown anywhere while answering: the request gets the API's error body with this code. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly code: WireErrorCode;
  readonly status: number;
  readonly extra: ProblemExtra;

  constructor(code: WireErrorCode, message: string, extra: ProblemExtra = {}) {
    super(message);
    this.code = code;
    this.status = extra.status ?? errorStatuses[code];
    this.extra = extra;
  }
}

/** Problem of a body whose fields have wrong values: `details` names each field and what is wrong with it. */
export function validationProblem(details: Readonly<Record<string, readonly string[]>>): HttpProblem {
  return new HttpProblem("VALIDATION_ERROR", `Not valid: ${Object.keys(details).join(", ")}. See details.`, { details });
}
