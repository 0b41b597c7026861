/** Options that every call takes. */
export interface CallOptions {
  /** Cancels the call; it rejects with the signal's own reason, untouched, and its connection is closed. */
  signal?: AbortSignal | undefined;
  /** Deadline over the whole call, retries and body included, in milliseconds. @default the client's `timeoutMs` */
  timeoutMs?: number | undefined;
  /** Headers for this call only, on top of the client's. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of calls that create or change something. */
export interface MutationOptions extends CallOptions {
  /** Sent as `Idempotency-Key`; one key covers all tries. @default a fresh UUID where the client may retry the call */
  idempotencyKey?: string | undefined;
}
