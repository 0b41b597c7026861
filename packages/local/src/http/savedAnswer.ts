import { isObject } from "../isObject.js";

/** The first answer to a request with an `Idempotency-Key`, as it is written down. */
export interface SavedAnswer {
  /** Tenant, method, path and key. */
  readonly name: string;
  readonly bodyDigest: string;
  /** When it was first asked for, in milliseconds since 1970. */
  readonly at: number;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** True for an answer that was written down. */
export function isSavedAnswer(value: unknown): value is SavedAnswer {
  if (!isObject(value)) return false;
  const { name, bodyDigest, at, status, contentType, body } = value;
  return [name, bodyDigest, contentType, body].every((each) => typeof each === "string") && typeof at === "number" && typeof status === "number";
}
