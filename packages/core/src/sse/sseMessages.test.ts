import fc from "fast-check";
import { getLines } from "@microsoft/fetch-event-source/lib/esm/parse.js";
import { createParser } from "eventsource-parser";
import { describe, expect, test } from "vitest";
import { chunksOf, concatBytes, sseCases } from "../../test/sseCases.js";
import { isProtocolError } from "../errors.js";
import { createSseParser, type SseMessage } from "./sseMessages.js";

const encoder = new TextEncoder();

function read(chunks: readonly Uint8Array[], options: { flush?: boolean } = {}) {
  const messages: SseMessage[] = [];
  const parser = createSseParser((message) => messages.push(message));
  for (const chunk of chunks) parser.push(chunk);
  if (options.flush) parser.flush();
  return {
    events: messages.map(({ event, data, id }) => [event, data, id]),
    resumeId: parser.lastEventId,
    retryMs: parser.retryMs,
  };
}

const singleBytes = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => new Uint8Array([byte]));

test("there are 72 cases of the standard", () => {
  expect(sseCases).toHaveLength(72);
  expect(new Set(sseCases.map(({ name }) => name)).size).toBe(72);
});

describe.each(sseCases)("$name", (sseCase) => {
  const { events, resumeId = "", retryMs } = sseCase;
  const chunks = chunksOf(sseCase);
  const whole = concatBytes(chunks);
  test("as given", () => expect(read(chunks)).toEqual({ events, resumeId, retryMs }));
  test("in one chunk", () => expect(read([whole])).toEqual({ events, resumeId, retryMs }));
  test("byte by byte", () => expect(read(singleBytes(whole))).toEqual({ events, resumeId, retryMs }));
});

test("a finite stream's last event counts without its blank line", () => {
  expect(read([encoder.encode("event: exit\ndata: 0")], { flush: true }).events).toEqual([["exit", "0", ""]]);
  expect(read([encoder.encode("data: a\r")], { flush: true }).events).toEqual([["message", "a", ""]]);
  expect(read([encoder.encode("data: a\n\n")], { flush: true }).events).toEqual([["message", "a", ""]]);
});

test("a line longer than the limit ends the stream, in one chunk, in many, and without a line end", () => {
  const feed = (chunks: readonly string[]) => () => {
    const parser = createSseParser(() => undefined, 100);
    for (const chunk of chunks) parser.push(encoder.encode(chunk));
  };
  expect(feed([`data: ${"x".repeat(94)}`])).not.toThrow();
  for (const chunks of [[`data: ${"x".repeat(101)}\n`], Array<string>(11).fill("xxxxxxxxxx"), [`: ${"x".repeat(200)}`]]) {
    expect(feed(chunks)).toThrow(expect.toSatisfy(isProtocolError));
  }
});

test("an event longer than the limit ends the stream even when each of its lines is short", () => {
  const parser = createSseParser(() => undefined, 100);
  expect(() => parser.push(encoder.encode("data: 0123456789\n".repeat(20)))).toThrow(expect.toSatisfy(isProtocolError));
});

const piece = fc.constantFrom("data: a", "data:", "data", "event: x", "id: 1", "id: \0", "id", ": c", "retry: 5", "foo", "é😀", "\n", "\r", "\r\n", "\n\n", "\ufeff", " ", ":");

test("any stream reads the same whichever way its bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(200), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = encoder.encode(pieces.join(""));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
      expect(read(chunks)).toEqual(read([bytes]));
    }),
    { numRuns: 500 },
  );
});

test("any stream reads as eventsource-parser reads it", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = `${pieces.join("")}\n\n`;
      const expected: unknown[] = [];
      // A byte order mark is the decoder's to take away; this parser is given text.
      createParser({ onEvent: ({ event, data }) => expected.push([event || "message", data]) }).feed(text.replace(/^\ufeff/, ""));
      expect(read([encoder.encode(text)]).events.map(([event, data]) => [event, data])).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("any bytes without a byte order mark have the lines that fetch-event-source finds in them", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(50), (pieces, size) => {
      const bytes = encoder.encode(`${pieces.join("").replaceAll("\ufeff", "")}\n\n`);
      const chunks = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, at) => bytes.slice(at * (size + 1), (at + 1) * (size + 1)));
      const data: string[][] = [[]];
      const feed = getLines((line) => {
        const text = new TextDecoder().decode(line);
        if (text === "") data.push([]);
        else if (/^data(:|$)/.test(text)) data.at(-1)?.push(text.replace(/^data:? ?/, ""));
      });
      for (const chunk of chunks) feed(chunk);
      const expected = data.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
      expect(read(chunks).events.map(([, text]) => text)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
