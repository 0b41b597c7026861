import { useState } from "react";

/** A file's text as someone is changing it. */
export interface Draft {
  /** What stands in the text field. */
  value: string;
  /** The file's text when the change began. */
  base: string;
}

/** Drafts by path. */
export type Drafts = Readonly<Record<string, Draft>>;

/** The draft of one file; what was typed before is there again. */
export function useDraft(
  path: string,
  drafts: Drafts,
  changeDrafts: (change: (before: Drafts) => Drafts) => void,
): [Draft | null, (next: Draft | null) => void] {
  // A state of its own: a text field must hear what was typed at once, or the caret jumps.
  const [draft, setDraft] = useState(drafts[path] ?? null);
  const change = (next: Draft | null): void => {
    setDraft(next);
    changeDrafts((before) => {
      const others = Object.entries(before).filter(([other]) => other !== path);
      return Object.fromEntries(next === null ? others : [...others, [path, next]]);
    });
  };
  return [draft, change];
}
