/** Longest file that is shown, in bytes; a longer one would make the page crawl. */
export const maxShownBytes = 512_000;

/** How the lines of a text end. */
export type LineEnds = "LF" | "CRLF" | "mixed";

/** False when it was not UTF-8 text: shown, it would not be what is in the file, and saved it would damage it. */
export function isText(text: string): boolean {
  return !/[\0\uFFFD]/.test(text);
}

/** How the lines of a text end; a text field knows only LF. */
export function lineEndsOf(text: string): LineEnds {
  if (!text.includes("\r\n")) return "LF";
  return /(^|[^\r])\n/.test(text) ? "mixed" : "CRLF";
}

/** A text as a text field holds it. */
export function toField(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** What a text field holds, with the line ends that the file had. */
export function fromField(value: string, lineEnds: LineEnds): string {
  return lineEnds === "CRLF" ? value.replaceAll("\n", "\r\n") : value;
}
