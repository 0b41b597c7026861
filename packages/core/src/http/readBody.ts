import { headerNames } from "@miosa/protocol";
import { NetworkError, ProtocolError } from "../errors.js";
import { raceSignal } from "../timers.js";

/** What to say where a proxy or another server answered in the API's place. */
export function htmlHint(text: string): string | undefined {
  return /^\s*</.test(text) ? "It looks like an HTML page: check baseUrl." : undefined;
}

/** What a call was about, for its errors. */
export interface ErrorContext {
  /** Method and path pattern. */
  request: string;
  sandboxId: string | undefined;
}

/** Waits for work on the wire. Whatever it fails with, other than an abort, is a lost connection: runtimes word that in many ways. */
export async function onTheWire<T>(context: ErrorContext, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await raceSignal(work(), signal);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new NetworkError(`${context.request} got no answer: the server is unreachable or the connection was lost.`, {
      code: "NETWORK_ERROR",
      sandboxId: context.sandboxId,
      cause,
    });
  }
}

/** The value of a JSON body; undefined for an empty one. Throws a ProtocolError for anything else. */
export function parseJson(context: ErrorContext, text: string, response: Response | undefined): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError(`${context.request} did not answer with JSON. ${htmlHint(text) ?? "It may have been cut off."}`, {
      code: "INVALID_RESPONSE",
      status: response?.status,
      requestId: response?.headers.get(headerNames.requestId) ?? undefined,
      sandboxId: context.sandboxId,
      cause,
    });
  }
}

const longestErrorBody = 65_536;

/**
 * Reads an error body for its message, up to a bound and as far as it comes, and always lets go of the connection. A server that
 * repeats the credential does not get it into an error, and so not into a log.
 */
export async function readErrorBody(response: Response, authorization: string | null, signal: AbortSignal): Promise<unknown> {
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length < longestErrorBody) {
      const { done, value } = await raceSignal(reader.read(), signal);
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    if (signal.aborted) throw cause; // a body that is cut off still leaves the status, which says more
  } finally {
    void reader.cancel().catch(() => undefined); // the connection is closed either way
  }
  const secret = authorization?.slice(7) ?? ""; // without the scheme
  if (secret.length > 7) text = text.replaceAll(secret, "***");
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: the text itself is the message
  }
}
