import { ProtocolError } from "../errors.js";

/** One dispatched event of a server-sent event stream. */
export interface SseMessage {
  /** Event name; `"message"` when the server gave none. */
  event: string;
  data: string;
  /** Last event ID in force after this event; empty when the server never gave one. */
  id: string;
}

/** Longest line, and longest data of one event, that is accepted, in UTF-16 code units (one per ASCII character). */
export const longestLineLength = 1_048_576;

/** Turns bytes into messages, chunk by chunk, by the WHATWG rules. */
export interface SseParser {
  /** Feeds one chunk. Throws a ProtocolError (`EVENT_TOO_LONG`) when a line or an event is longer than the limit. */
  push(chunk: Uint8Array): void;
  /** Dispatches an event that the end of the stream left without its empty line. Only for finite streams. */
  flush(): void;
  /** Reconnection time that the server asked for, in milliseconds. */
  readonly retryMs: number | undefined;
  /** Last event ID as of the last complete event, for resuming. */
  readonly lastEventId: string;
}

const lineFeed = 10;
const space = 32;
const colon = 58;

/**
 * Reads an event stream. An event is dispatched on its empty line only, when it has data; the id of an event counts once
 * the event is complete, so that a half-received event is asked for again. Each chunk is decoded once and searched by
 * `indexOf`: going through it byte by byte costs twice as much before anything is parsed. With `nameIsEnough` an event
 * with a name and no data is dispatched too.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseParser(
  onMessage: (message: SseMessage) => void,
  maxLength: number = longestLineLength,
  nameIsEnough = false,
): SseParser {
  // Decodes across chunks and drops one leading byte order mark, as the standard's "UTF-8 decode" does.
  const decoder = new TextDecoder();
  let openLine = "";
  let endedWithCr = false;
  let event = "";
  let data = "";
  let hasData = false;
  let pendingId = "";
  let lastEventId = "";
  let retryMs: number | undefined;

  function dispatch(): void {
    lastEventId = pendingId;
    const message = hasData || (nameIsEnough && event !== "") ? { event: event || "message", data, id: lastEventId } : undefined;
    event = "";
    data = "";
    hasData = false;
    if (message) onMessage(message);
  }

  /** Takes the line that is `text` from `start` to `end`, in place: most lines need no string of their own. */
  function readLine(text: string, start: number, end: number): void {
    if (start === end) return dispatch();
    let at = valueStart(text, start, end, "data");
    if (at >= 0) {
      const value = text.slice(at, end);
      data = hasData ? `${data}\n${value}` : value;
      hasData = true;
      if (data.length > maxLength) throw tooLong(maxLength);
    } else if ((at = valueStart(text, start, end, "event")) >= 0) {
      event = text.slice(at, end);
    } else if ((at = valueStart(text, start, end, "id")) >= 0) {
      const id = text.slice(at, end);
      if (!id.includes("\0")) pendingId = id;
    } else if ((at = valueStart(text, start, end, "retry")) >= 0) {
      const value = text.slice(at, end);
      if (/^\d+$/.test(value)) retryMs = Number(value);
    }
  }

  function readText(text: string): void {
    if (text === "") return;
    let start = endedWithCr && text.charCodeAt(0) === lineFeed ? 1 : 0;
    endedWithCr = false;
    let lf = text.indexOf("\n", start);
    let cr = text.indexOf("\r", start);
    while (lf >= 0 || cr >= 0) {
      const isCr = cr >= 0 && (lf < 0 || cr < lf);
      const end = isCr ? cr : lf;
      if (openLine === "") readLine(text, start, end);
      else {
        const line = openLine + text.slice(start, end);
        openLine = "";
        readLine(line, 0, line.length);
      }
      start = end + 1;
      if (isCr) {
        if (lf === start) start += 1;
        else if (start === text.length) endedWithCr = true;
        cr = text.indexOf("\r", start);
      }
      if (lf >= 0 && lf < start) lf = text.indexOf("\n", start);
    }
    openLine += text.slice(start);
    if (openLine.length > maxLength) throw tooLong(maxLength);
  }

  return {
    push: (chunk) => readText(decoder.decode(chunk, { stream: true })),
    flush: () => readText(`${decoder.decode()}\n\n`),
    get retryMs() {
      return retryMs;
    },
    get lastEventId() {
      return lastEventId;
    },
  };
}

/** Where the value of field `name` starts in the line, at most one space after the colon left out; -1 for another field. */
function valueStart(text: string, start: number, end: number, name: string): number {
  const after = start + name.length;
  if (after > end || !text.startsWith(name, start)) return -1;
  if (after === end) return end;
  if (text.charCodeAt(after) !== colon) return -1;
  return after + 1 < end && text.charCodeAt(after + 1) === space ? after + 2 : after + 1;
}

function tooLong(limit: number): ProtocolError {
  return new ProtocolError(`The event stream holds a line or event longer than ${limit} characters.`, { code: "EVENT_TOO_LONG" });
}
