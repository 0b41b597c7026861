import { setTimeout as sleep } from "node:timers/promises";
import { patienceMs } from "../../../test/patience.js";

/** A server-sent event stream that a test reads piece by piece, as raw text. */
export interface FollowedStream extends AsyncDisposable {
  readonly response: Response;
  /** All text so far. */
  text(): string;
  /** Resolves with all text so far once it contains `wanted`. Rejects after `timeoutMs` or when the stream ended without it. */
  until(wanted: string, timeoutMs?: number): Promise<string>;
  /** Resolves with all text once the server has ended the stream. */
  ended(): Promise<string>;
}

/** Opens a stream with the key of `server`; leaving it closes the connection. */
export async function followStream(
  server: { readonly baseUrl: string; readonly apiKey: string },
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FollowedStream> {
  const abort = new AbortController();
  const response = await fetch(server.baseUrl + path, {
    headers: { authorization: `Bearer ${server.apiKey}`, ...headers },
    signal: abort.signal,
  });
  let text = "";
  let done = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    const body: ReadableStream<Uint8Array> | null = response.body;
    for await (const piece of body ?? []) text += decoder.decode(piece, { stream: true });
    done = true;
  })().catch((error: unknown) => {
    done = true;
    if (!abort.signal.aborted) throw error;
  });

  async function until(wanted: string, timeoutMs = patienceMs): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    while (!text.includes(wanted)) {
      if (done || performance.now() > deadline) throw new Error(`No ${JSON.stringify(wanted)} in the stream:\n${text}`);
      await sleep(2);
    }
    return text;
  }

  return {
    response,
    text: () => text,
    until,
    ended: async () => {
      await reading;
      return text;
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await reading;
    },
  };
}
