/** A code block that stands for a program. */
export interface CodeBlock {
  language: string;
  /** Line of the document on which the code begins, from 1. */
  line: number;
  code: string;
  /** The file of the document's app that it is, where it is one. */
  path: string | undefined;
  /** Declarations of what the program takes as given. */
  given: string;
  /** True when the program is to be run. */
  runs: boolean;
  /** What it prints, where the document says so. */
  prints: string | undefined;
}

/** The code blocks of a Markdown text that stand for programs: `ts`, `tsx` and `js` fences that are not a `fragment`. */
export function readCodeBlocks(markdown: string): CodeBlock[];
