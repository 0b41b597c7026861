import { HttpProblem } from "./httpProblem.js";

/** A form with one file, whose bytes are still on their way. */
export interface MultipartFile {
  /** The fields read so far: those before the file, and after `finish` all. */
  readonly fields: ReadonlyMap<string, string>;
  readonly filename: string;
  /** The file's bytes, piece by piece, never all at once. Throws a 400 when the form is cut off. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Reads the fields after the file, once its content was read to the end. */
  finish(): Promise<void>;
}

const maxHeadBytes = 16_384;
const maxFieldBytes = 65_536;

/** Reads a multipart form up to its file; what follows may be small fields only. Contract 6.6. */
export async function readMultipart(request: Request): Promise<MultipartFile> {
  const [, quoted, plain] = /^multipart\/form-data\s*;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(request.headers.get("content-type") ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new HttpProblem("UNSUPPORTED_MEDIA_TYPE", "Send the file as multipart/form-data with a boundary.");
  const source = createSource(request.body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  // The first delimiter has no line end before it.
  source.prepend(Buffer.from("\r\n"));
  for await (const _ of source.until(delimiter)) continue;
  /** Reads fields up to the file, and gives the file's name; undefined when there is none any more. */
  async function readFields(): Promise<string | undefined> {
    for (;;) {
      const head = await source.head();
      if (head === undefined) return undefined;
      const name = /name="([^"]*)"/i.exec(head.replace(/filename="[^"]*"/i, ""))?.[1] ?? "";
      if (name === "file") return /filename="([^"]*)"/i.exec(head)?.[1] ?? "file";
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of source.until(delimiter)) {
        size += piece.byteLength;
        if (size > maxFieldBytes) throw new HttpProblem("PAYLOAD_TOO_LARGE", `The field ${JSON.stringify(name)} is too large.`);
        pieces.push(piece);
      }
      fields.set(name, Buffer.concat(pieces).toString());
    }
  }
  const filename = await readFields();
  if (filename === undefined) throw new HttpProblem("MISSING_FILE", "The form holds no part named file.");
  return {
    fields,
    filename: decodeName(filename).split(/[/\\]/).at(-1) || "file",
    content: source.until(delimiter),
    async finish() {
      if ((await readFields()) !== undefined) throw new HttpProblem("MISSING_FILE", "The form holds more than one part named file.");
    },
  };
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a name with a bare percent sign stands for itself
  }
}

function createSource(body: ReadableStream<Uint8Array> | null) {
  const reader = body?.getReader();
  let buffer: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) return false;
    buffer = buffer.byteLength === 0 ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.concat([buffer, value]);
    return true;
  }

  return {
    prepend(bytes: Uint8Array): void {
      buffer = Buffer.concat([bytes, buffer]);
    },
    /** The bytes before the next delimiter, which is consumed. */
    async *until(delimiter: Buffer): AsyncGenerator<Uint8Array, void, void> {
      for (;;) {
        const at = buffer.indexOf(delimiter);
        if (at >= 0) {
          const piece = buffer.subarray(0, at);
          buffer = buffer.subarray(at + delimiter.byteLength);
          if (piece.byteLength > 0) yield piece;
          return;
        }
        // What may be the beginning of a delimiter stays.
        const sure = buffer.byteLength - delimiter.byteLength + 1;
        if (sure > 0) {
          const piece = buffer.subarray(0, sure);
          buffer = buffer.subarray(sure);
          yield piece;
        }
        if (!(await more())) throw new HttpProblem("INVALID_JSON", "The form was cut off.");
      }
    },
    /** The headers of the next part; undefined after the last one. */
    async head(): Promise<string | undefined> {
      for (;;) {
        if (buffer.byteLength >= 2 && buffer.subarray(0, 2).toString() === "--") return undefined;
        const at = buffer.indexOf("\r\n\r\n");
        if (at >= 0) {
          const head = buffer.subarray(0, at).toString();
          buffer = buffer.subarray(at + 4);
          return head;
        }
        if (buffer.byteLength > maxHeadBytes) throw new HttpProblem("PAYLOAD_TOO_LARGE", "A part's headers are too large.");
        if (!(await more())) throw new HttpProblem("INVALID_JSON", "The form was cut off.");
      }
    },
  };
}
