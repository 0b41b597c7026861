/** The caller's `Idempotency-Key`, or a fresh one for all tries of a call: a UUID, but for pages without a secure context, which can make none. */
export function idempotencyKeyOf({ idempotencyKey }: { idempotencyKey?: string | undefined }): string {
  if (idempotencyKey) return idempotencyKey;
  return Reflect.has(crypto, "randomUUID") ? crypto.randomUUID() : crypto.getRandomValues(new Uint32Array(4)).join("-");
}
