/** Path that the API's routes stand under on a MIOSA host. Contract 1.1. */
export const apiPrefix = "/api/v1";

/** Production base URL. Contract 1.1. */
export const defaultBaseUrl = "https://api.miosa.ai/api/v1";

/** Prefix of secret API keys, which belong on a server only. Contract 1.2. */
export const apiKeyPrefix = "msk_";

/** Header names, lower case. Contract 1.3 and 1.4. */
export const headerNames = {
  authorization: "authorization",
  idempotencyKey: "idempotency-key",
  lastEventId: "last-event-id",
  requestId: "x-request-id",
  retryAfter: "retry-after",
  tenant: "x-miosa-tenant",
} as const;

/** Content type of a server-sent event stream. */
export const eventStreamType = "text/event-stream";
