import { ProtocolError } from "../errors.js";
import { isRecord } from "../guards.js";
import type { SseMessage } from "./sseMessages.js";

/** The JSON object that a message carries. Undefined for the `[DONE]` marker. Throws a ProtocolError when the data is no JSON object. */
export function objectOfMessage(message: SseMessage): Record<string, unknown> | undefined {
  if (message.data === "[DONE]") return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(message.data);
  } catch (cause) {
    throw malformed(message, cause);
  }
  if (!isRecord(parsed)) throw malformed(message, undefined);
  return parsed;
}

function malformed(message: SseMessage, cause: unknown): ProtocolError {
  return new ProtocolError(`The data of a ${message.event} event is not a JSON object.`, { code: "MALFORMED_EVENT", cause });
}
