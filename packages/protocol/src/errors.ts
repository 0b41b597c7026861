/** Error codes that the API sends and the statuses they come with. Compare them case-insensitively. Contract 1.7. */
export const errorStatuses = {
  INVALID_ID: 400,
  INVALID_JSON: 400,
  MISSING_PARAM: 400,
  MISSING_FILE: 400,
  invalid_token: 401,
  INSUFFICIENT_CREDITS: 402,
  FORBIDDEN: 403,
  FORBIDDEN_PATH: 403,
  insufficient_scope: 403,
  QUOTA_EXCEEDED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  COMPUTER_RUNNING: 409,
  NOT_RUNNING: 409,
  DESKTOP_UNAVAILABLE: 409,
  IDEMPOTENCY_CONFLICT: 409,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  FILE_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_ERROR: 422,
  invalid_scope: 422,
  UPGRADE_REQUIRED: 426,
  rate_limit_exceeded: 429,
  INTERNAL_ERROR: 500,
  AGENT_UNAVAILABLE: 502,
  UPSTREAM_UNREACHABLE: 502,
  UPSTREAM_REFUSED: 502,
} as const;

/** A code of {@link errorStatuses}. */
export type WireErrorCode = keyof typeof errorStatuses;

/** The error body that our servers send: nested, with flat mirrors for clients that look there. Contract 1.7. */
export interface WireErrorBody {
  error: { code: string; message: string; details?: unknown; request_id?: string; retry_after?: number };
  code: string;
  message: string;
  details?: unknown;
  request_id?: string;
  retry_after?: number;
}

/**
 * Builds the error body of {@link WireErrorBody}. `message` says what failed and what to do; it never
 * carries a credential, a header or user code.
 */
export function errorBody(
  code: string,
  message: string,
  extra: { details?: unknown; request_id?: string; retry_after?: number } = {},
): WireErrorBody {
  const error = { code, message, ...extra };
  return { error, ...error };
}
