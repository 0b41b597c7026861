import { getLines } from "@microsoft/fetch-event-source/lib/esm/parse.js";
import { ProtocolError } from "../errors.js";

/** One dispatched event of a server-sent event stream. */
export interface SseMessage {
  /** Event name; `"message"` when the server gave none. */
  event: string;
  data: string;
  /** Last event ID in force after this event; empty when the server never gave one. */
  id: string;
}

/** Longest line, and longest event, that is accepted, in bytes: line assembly costs time quadratic in a line's length. */
export const longestLineBytes = 1_048_576;

/** Turns bytes into messages, chunk by chunk, by the WHATWG rules. */
export interface SseParser {
  /** Feeds one chunk. Throws a ProtocolError when a line or an event is longer than the limit. */
  push(chunk: Uint8Array): void;
  /** Dispatches an event that the end of the stream left without its empty line. Only for finite streams. */
  flush(): void;
  /** Reconnection time that the server asked for, in milliseconds. */
  readonly retryMs: number | undefined;
  /** Last event ID as of the last complete event, for resuming. */
  readonly lastEventId: string;
}

/**
 * The message layer over `getLines`. An event is dispatched on its empty line only, when it has data; the id of an event
 * counts once the event is complete, so that a half-received event is asked for again.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseParser(onMessage: (message: SseMessage) => void, maxLineBytes: number = longestLineBytes): SseParser {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let isFirstLine = true;
  let event = "";
  let data: string[] = [];
  let dataLength = 0;
  let pendingId = "";
  let lastEventId = "";
  let retryMs: number | undefined;
  let openLineBytes = 0;

  function dispatch(): void {
    lastEventId = pendingId;
    if (data.length > 0) onMessage({ event: event || "message", data: data.join("\n"), id: lastEventId });
    event = "";
    data = [];
    dataLength = 0;
  }

  function setField(field: string, value: string): void {
    switch (field) {
      case "event":
        event = value;
        return;
      case "data":
        data.push(value);
        dataLength += value.length;
        if (dataLength > maxLineBytes) throw tooLong(maxLineBytes);
        return;
      case "id":
        if (!value.includes("\0")) pendingId = value;
        return;
      case "retry":
        if (/^\d+$/.test(value)) retryMs = Number(value);
    }
  }

  const feed = getLines((bytes) => {
    openLineBytes = 0;
    let line = decoder.decode(bytes);
    if (isFirstLine) {
      isFirstLine = false;
      if (line.startsWith("\uFEFF")) line = line.slice(1);
    }
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    if (colon === -1) return setField(line, "");
    setField(line.slice(0, colon), line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1));
  });

  return {
    push(chunk) {
      openLineBytes += chunk.length;
      feed(chunk);
      if (openLineBytes > maxLineBytes) throw tooLong(maxLineBytes);
    },
    flush() {
      feed(lineEnds);
    },
    get retryMs() {
      return retryMs;
    },
    get lastEventId() {
      return lastEventId;
    },
  };
}

const lineEnds = /* @__PURE__ */ new Uint8Array([10, 10]);

function tooLong(limit: number): ProtocolError {
  return new ProtocolError(`The event stream holds an event longer than ${limit} bytes.`, { code: "EVENT_TOO_LONG" });
}
