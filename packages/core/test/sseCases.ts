/** What one event stream must be read as, by https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface SseCase {
  name: string;
  /** Pieces in which the bytes arrive. */
  chunks: readonly (string | readonly number[])[];
  /** Dispatched events as `[type, data, last event ID]`. */
  events: readonly (readonly [event: string, data: string, id: string])[];
  /** With which ID a client comes back. @default "" */
  resumeId?: string;
  /** @default none asked for */
  retryMs?: number;
}

const bom = [0xef, 0xbb, 0xbf];
const message = (data: string, id = ""): readonly [string, string, string] => ["message", data, id];

/** Cases for every rule of the format, and for each way in which readers are known to break them. */
export const sseCases: readonly SseCase[] = [
  // Line ends
  { name: "LF ends lines", chunks: ["data: a\n\n"], events: [message("a")] },
  { name: "CRLF ends lines", chunks: ["data: a\r\n\r\n"], events: [message("a")] },
  { name: "CR ends lines", chunks: ["data: a\r\rdata: b\r\r\n"], events: [message("a"), message("b")] },
  { name: "line ends may be mixed", chunks: ["data: a\r\ndata: b\rdata: c\n\r\n"], events: [message("a\nb\nc")] },
  { name: "CR and LF in two chunks are one line end", chunks: ["data: a\r", "\ndata: b\n\n"], events: [message("a\nb")] },
  { name: "CRLF CRLF cut between CR and LF", chunks: ["data: a\r\n\r", "\ndata: b\r\n\r", "\n"], events: [message("a"), message("b")] },
  { name: "LF CR is two line ends", chunks: ["data: a\n\rdata: b\n\n"], events: [message("a"), message("b")] },
  { name: "CR CR is two line ends", chunks: ["data: a\r", "\rdata: b\n\n"], events: [message("a"), message("b")] },
  { name: "other Unicode line separators end nothing", chunks: ["data: a\u2028b\u0085c\u000bd\n\n"], events: [message("a\u2028b\u0085c\u000bd")] },
  { name: "an empty chunk changes nothing", chunks: ["data: a", "", "b\n\n"], events: [message("ab")] },
  { name: "an empty chunk between CR and LF changes nothing", chunks: ["data: a\r", "", "\n\r\n"], events: [message("a")] },

  // Byte order mark and UTF-8
  { name: "a leading byte order mark is dropped", chunks: [bom, "data: a\n\n"], events: [message("a")] },
  { name: "a byte order mark cut in three is dropped", chunks: [[0xef], [0xbb], [0xbf], "data: a\n\n"], events: [message("a")] },
  { name: "only one byte order mark is dropped", chunks: [bom, bom, "data: a\n\ndata: b\n\n"], events: [message("b")] },
  { name: "a byte order mark on a later line is text", chunks: ["data: a\n", bom, "data: b\n\n"], events: [message("a")] },
  { name: "a byte order mark inside data is kept", chunks: ["data: ", bom, "a\n\n"], events: [message("\ufeffa")] },
  { name: "two-, three- and four-byte characters are kept", chunks: ["data: é€😀\n\n"], events: [message("é€😀")] },
  { name: "a character may be cut in two chunks", chunks: ["data: ", [0xf0, 0x9f], [0x98, 0x80], "\n\n"], events: [message("😀")] },
  { name: "invalid UTF-8 becomes U+FFFD", chunks: ["data: a", [0xff], "b\n\n"], events: [message("a\ufffdb")] },
  { name: "a cut-off character before a line end becomes U+FFFD", chunks: ["data: ", [0xe2, 0x82], "\n\n"], events: [message("\ufffd")] },
  { name: "NUL in data is kept", chunks: ["data: a\0b\n\n"], events: [message("a\0b")] },

  // Fields and their values
  { name: "one space after the colon is dropped", chunks: ["data: a\n\n"], events: [message("a")] },
  { name: "no space after the colon is fine", chunks: ["data:a\n\n"], events: [message("a")] },
  { name: "a second space is kept", chunks: ["data:  a\n\n"], events: [message(" a")] },
  { name: "a tab is not a space", chunks: ["data:\ta\n\n"], events: [message("\ta")] },
  { name: "trailing spaces are kept", chunks: ["data: a  \n\n"], events: [message("a  ")] },
  { name: "further colons belong to the value", chunks: ["data: a:b: c\n\n"], events: [message("a:b: c")] },
  { name: "a field without a colon has an empty value", chunks: ["data\n\n"], events: [message("")] },
  { name: "a field with a colon and nothing has an empty value", chunks: ["data:\n\n"], events: [message("")] },
  { name: "a colon and one space have an empty value", chunks: ["data: \n\n"], events: [message("")] },
  { name: "field names are case-sensitive", chunks: ["Data: a\nDATA: b\nEvent: x\ndata: c\n\n"], events: [message("c")] },
  { name: "a space before the field name makes another field", chunks: [" data: a\ndata: b\n\n"], events: [message("b")] },
  { name: "a space after the field name makes another field", chunks: ["data : a\ndata: b\n\n"], events: [message("b")] },
  { name: "unknown fields are ignored", chunks: ["foo: a\ndatax: b\ndat: c\ndata: d\n\n"], events: [message("d")] },
  { name: "a field name cut by a chunk is one name", chunks: ["da", "ta: a\n\n"], events: [message("a")] },
  { name: "a colon in the next chunk still counts", chunks: ["data", ": a\n\n"], events: [message("a")] },
  { name: "a space in the next chunk is still dropped", chunks: ["data:", " a\n\n"], events: [message("a")] },

  // Comments
  { name: "a comment dispatches nothing", chunks: [": hello\n\n"], events: [] },
  { name: "a comment between data lines is skipped", chunks: ["data: a\n: hello\ndata: b\n\n"], events: [message("a\nb")] },
  { name: "a colon alone is a comment", chunks: [":\n\ndata: a\n\n"], events: [message("a")] },
  { name: "a comment that looks like a field is a comment", chunks: [":data: a\n\n"], events: [] },

  // Data and dispatch
  { name: "data lines are joined by LF", chunks: ["data: a\ndata: b\n\n"], events: [message("a\nb")] },
  { name: "two empty data lines make one LF", chunks: ["data\ndata\n\n"], events: [message("\n")] },
  { name: "leading empty data lines are kept", chunks: ["data:\ndata:\ndata: a\n\n"], events: [message("\n\na")] },
  { name: "trailing empty data lines are kept", chunks: ["data: a\ndata:\n\n"], events: [message("a\n")] },
  { name: "blank lines alone dispatch nothing", chunks: ["\n\n\n\n"], events: [] },
  { name: "blank lines between events dispatch nothing", chunks: ["data: a\n\n\n\ndata: b\n\n"], events: [message("a"), message("b")] },
  { name: "an event without data is not dispatched", chunks: ["event: x\n\ndata: a\n\n"], events: [message("a")] },
  { name: "an event that the end cuts off is dropped", chunks: ["data: a\n\ndata: b\n"], events: [message("a")] },
  { name: "a line that the end cuts off is dropped", chunks: ["data: a\n\ndata: b"], events: [message("a")] },
  { name: "an empty stream has no event", chunks: [""], events: [] },
  { name: "many events in one chunk", chunks: ["data: 1\n\ndata: 2\n\ndata: 3\n\n"], events: [message("1"), message("2"), message("3")] },
  { name: "JSON survives", chunks: ['data: {"a":"b: c\\n","d":[1]}\n\n'], events: [message('{"a":"b: c\\n","d":[1]}')] },

  // Event names
  { name: "event names the event", chunks: ["event: x\ndata: a\n\n"], events: [["x", "a", ""]] },
  { name: "the name may follow the data", chunks: ["data: a\nevent: x\n\n"], events: [["x", "a", ""]] },
  { name: "the last name wins", chunks: ["event: x\nevent: y\ndata: a\n\n"], events: [["y", "a", ""]] },
  { name: "the name is forgotten after its event", chunks: ["event: x\ndata: a\n\ndata: b\n\n"], events: [["x", "a", ""], message("b")] },
  { name: "a name without data is forgotten too", chunks: ["event: x\n\ndata: a\n\n"], events: [message("a")] },
  { name: "an empty name means message", chunks: ["event: x\nevent:\ndata: a\n\n"], events: [message("a")] },
  { name: "a name without a colon means message", chunks: ["event: x\nevent\ndata: a\n\n"], events: [message("a")] },

  // IDs
  { name: "an ID belongs to its event and the later ones", chunks: ["id: 1\ndata: a\n\ndata: b\n\n"], events: [message("a", "1"), message("b", "1")], resumeId: "1" },
  { name: "an empty ID clears it", chunks: ["id: 1\ndata: a\n\nid:\ndata: b\n\n"], events: [message("a", "1"), message("b")] },
  { name: "an ID without a colon clears it", chunks: ["id: 1\ndata: a\n\nid\ndata: b\n\n"], events: [message("a", "1"), message("b")] },
  { name: "an ID with NUL is ignored", chunks: ["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"], events: [message("a", "1"), message("b", "1")], resumeId: "1" },
  { name: "an ID without data counts for the next event", chunks: ["id: 1\n\ndata: a\n\n"], events: [message("a", "1")], resumeId: "1" },
  { name: "an ID alone is what a client comes back with", chunks: ["id: 7\n\n"], events: [], resumeId: "7" },
  { name: "the ID of a half-received event does not count", chunks: ["id: 1\ndata: a\n\nid: 2\ndata: b"], events: [message("a", "1")], resumeId: "1" },
  { name: "the last ID of an event wins", chunks: ["id: 1\nid: 2\ndata: a\n\n"], events: [message("a", "2")], resumeId: "2" },

  // Reconnection time
  { name: "digits set the reconnection time", chunks: ["retry: 50\n\ndata: a\n\n"], events: [message("a")], retryMs: 50 },
  { name: "retry needs no blank line", chunks: ["retry: 60\ndata: a\n\n"], events: [message("a")], retryMs: 60 },
  { name: "anything but ASCII digits is ignored", chunks: ["retry: 12abc\nretry: -5\nretry: 1.5\nretry: 1e3\nretry:\nretry: ٣\ndata: a\n\n"], events: [message("a")] },
  { name: "a bad reconnection time leaves the good one", chunks: ["retry: 70\nretry: soon\ndata: a\n\n"], events: [message("a")], retryMs: 70 },
];

const encoder = new TextEncoder();

/** A case's pieces as bytes. */
export function chunksOf({ chunks }: SseCase): Uint8Array[] {
  return chunks.map((chunk) => (typeof chunk === "string" ? encoder.encode(chunk) : new Uint8Array(chunk)));
}

/** All bytes in one array. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
