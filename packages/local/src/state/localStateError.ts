/**
 * Why a state directory cannot be used. `STATE_LOCKED`: another server uses it. `STATE_FORMAT`: it is of another version, or no state
 * directory at all. `STATE_OWNER`: it is another user's. `STATE_UNREACHABLE`: sandboxes' own users cannot get there.
 * `STATE_CORRUPT`: what is written in it makes no sense. The message says what to do; nothing in the directory was changed.
 */
export type LocalStateErrorCode = "STATE_LOCKED" | "STATE_FORMAT" | "STATE_OWNER" | "STATE_UNREACHABLE" | "STATE_CORRUPT";

/** The state directory cannot be used. */
export class LocalStateError extends Error {
  override readonly name = "LocalStateError";
  readonly code: LocalStateErrorCode;

  constructor(code: LocalStateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
