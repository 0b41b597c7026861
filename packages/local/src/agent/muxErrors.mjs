/** A call that the other side could not do. `details` is what it said, for the caller to check. */
export class CallFailed extends Error {
  /** @param {unknown} details */
  constructor(details) {
    super("The call failed in the sandbox.");
    this.name = "CallFailed";
    this.details = details;
  }
}

/** The connection ended, or the other side broke its rules. */
export class ConnectionBroken extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(cause instanceof Error ? cause.message : "The connection ended.", { cause });
    this.name = "ConnectionBroken";
  }
}
