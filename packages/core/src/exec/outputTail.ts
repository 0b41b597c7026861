/** One line that a command printed. */
export interface OutputLine {
  readonly type: "stdout" | "stderr";
  readonly line: string;
}

/** The end of a command's output. */
export interface Output {
  /** The latest lines, oldest first. */
  readonly lines: readonly OutputLine[];
  /** How many lines before these were printed and dropped. */
  readonly droppedLines: number;
}

/** The end of an output that may be endless, in bounded memory. */
export interface OutputTail {
  push(line: OutputLine): void;
  /** A copy that does not change. */
  get(): Output;
}

/** Keeps the last `maxLines` lines, and fewer where they hold more than `maxChars` characters together; always the last one. */
export function createOutputTail(maxLines: number, maxChars: number): OutputTail {
  let lines: OutputLine[] = [];
  let first = 0;
  let droppedLines = 0;
  let chars = 0;
  return {
    push(line) {
      lines.push(line);
      chars += line.line.length;
      while (lines.length - first > 1 && (lines.length - first > maxLines || chars > maxChars)) chars -= lines[first++]?.line.length ?? 0;
      // Moving what is left to the front once in a while costs less than doing so for each line.
      if (first > maxLines) {
        lines = lines.slice(first);
        droppedLines += first;
        first = 0;
      }
    },
    get: () => ({ lines: lines.slice(first), droppedLines: droppedLines + first }),
  };
}

/** What a command has printed before it printed anything. */
export const noOutput: Output = { lines: [], droppedLines: 0 };
