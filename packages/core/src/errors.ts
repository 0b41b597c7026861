/** What kind of thing went wrong; the `kind` of a {@link MiosaError}. */
export type MiosaErrorKind = "api" | "network" | "timeout" | "protocol" | "argument";

const brand = Symbol.for("@miosa/core/error");

/** Facts about an error, beside its message. */
export interface MiosaErrorOptions {
  code: string;
  status?: number | undefined;
  requestId?: string | undefined;
  details?: unknown;
  retryAfterMs?: number | undefined;
  sandboxId?: string | undefined;
  cause?: unknown;
}

/**
 * Root of every error that the client makes. Match on `code` (compare case-insensitively: servers send both cases)
 * or with the guards below, which work across two copies of this package. No secret, header or user code is in it.
 */
export class MiosaError extends Error {
  override readonly name: string = "MiosaError";
  readonly kind: MiosaErrorKind = "argument";
  /** Stable, literal reason: the server's own code, or one of ours such as `TIMEOUT`, `NETWORK_ERROR`, `INVALID_ARGUMENT`. */
  declare readonly code: string;
  /** HTTP status of the answer; undefined when there was none. */
  declare readonly status: number | undefined;
  /** The server's `x-request-id`, for support. */
  declare readonly requestId: string | undefined;
  /** What the server said beside code and message, such as field errors. */
  declare readonly details: unknown;
  /** How long the server asks us to wait, in milliseconds. Set on rate-limit errors. */
  declare readonly retryAfterMs: number | undefined;
  /** The sandbox that the failed call was about, once one exists. */
  declare readonly sandboxId: string | undefined;

  constructor(message: string, { cause, ...facts }: MiosaErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, facts);
    Object.defineProperty(this, brand, { value: true });
  }
}

/** The server answered with an error status. */
export class ApiError extends MiosaError {
  override readonly name: string = "ApiError";
  override readonly kind = "api";
}

/** No answer came: DNS, refused or reset connection, offline. */
export class NetworkError extends MiosaError {
  override readonly name: string = "NetworkError";
  override readonly kind = "network";
}

/** The call's own deadline passed, body included. It has no status, for there was no answer. */
export class TimeoutError extends MiosaError {
  override readonly name: string = "TimeoutError";
  override readonly kind = "timeout";
}

/** The server answered, but not in the API's language: HTML, cut-off JSON, a stream without its terminal event. */
export class ProtocolError extends MiosaError {
  override readonly name: string = "ProtocolError";
  override readonly kind = "protocol";
}

/** True for any error made by this client, whichever copy of the package made it. */
export function isMiosaError(error: unknown): error is MiosaError {
  return typeof error === "object" && error !== null && brand in error;
}

/** True for an error status from the server. */
export function isApiError(error: unknown): error is ApiError {
  return isMiosaError(error) && error.kind === "api";
}

/** True when no answer came. */
export function isNetworkError(error: unknown): error is NetworkError {
  return isMiosaError(error) && error.kind === "network";
}

/** True when the call's own deadline passed. */
export function isTimeoutError(error: unknown): error is TimeoutError {
  return isMiosaError(error) && error.kind === "timeout";
}

/** True when the answer was not in the API's language. */
export function isProtocolError(error: unknown): error is ProtocolError {
  return isMiosaError(error) && error.kind === "protocol";
}

/** True for a 429; `retryAfterMs` then says how long to wait, where the server said so. */
export function isRateLimited(error: unknown): error is ApiError {
  return isApiError(error) && error.status === 429;
}

/** Made before any request: an argument is missing or wrong. `message` says which and what is allowed. */
export function invalidArgument(message: string, details?: unknown): MiosaError {
  return new MiosaError(message, { code: "INVALID_ARGUMENT", details });
}

const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The one place that decides whether the same request may succeed if it is sent again. */
export function isRetryable(error: unknown): boolean {
  if (isApiError(error)) return retryableStatuses.has(error.status ?? 0);
  return isNetworkError(error);
}
