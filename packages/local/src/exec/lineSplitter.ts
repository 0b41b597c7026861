import { StringDecoder } from "node:string_decoder";

/** Cuts bytes into lines of text. */
export interface LineSplitter {
  add(bytes: Uint8Array): void;
  /** Gives what stands after the last line end. */
  end(): void;
}

/** Calls `onLine` with each whole line, without its end; one longer than `longest` characters comes in pieces. */
export function createLineSplitter(longest: number, onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return {
    add(bytes) {
      const lines = (rest + decoder.write(Buffer.from(bytes))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
      while (rest.length > longest) {
        onLine(rest.slice(0, longest));
        rest = rest.slice(longest);
      }
    },
    end() {
      rest += decoder.end();
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
