import { createParser } from "eventsource-parser";
import { createDeadline, startTimer, type Timer } from "../timers.js";

/** One message of an event stream. */
export interface UpstreamMessage {
  id: string | undefined;
  type: string | undefined;
  data: string;
}

const longestEvent = 256 * 2 ** 10;

/**
 * Reads one event stream to its end. Rejects when the connection is lost, falls silent for `idleMs`, or sends an event
 * of more than 256 Ki characters. Aborting `signal` closes the connection.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  options: { idleMs: number; signal: AbortSignal; onMessage: (message: UpstreamMessage) => void },
): Promise<void> {
  const silence = createDeadline([options.signal]);
  let idle: Timer | undefined;
  let failure: Error | undefined;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ id, event, data }) => options.onMessage({ id, type: event, data }),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") failure = error;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {}); // given up; the read below settles
  silence.signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      idle = startTimer(options.idleMs, () => silence.abort(new DOMException("The event stream fell silent.", "TimeoutError")));
      const { done, value } = await reader.read();
      idle.stop();
      silence.signal.throwIfAborted();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      if (failure) throw failure;
    }
  } finally {
    idle?.stop();
    silence.done();
    cancel();
  }
}
