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

/** True when a file, or one in a folder, was changed and not saved. */
export function hasDrafts(drafts: Drafts, path: string): boolean {
  return Object.keys(drafts).some((own) => isAtOrBelow(own, path));
}

/** Drafts without that of a file, or of those in a folder, which are gone. */
export function withoutDrafts(drafts: Drafts, path: string): Drafts {
  return Object.fromEntries(Object.entries(drafts).filter(([own]) => !isAtOrBelow(own, path)));
}

/** Drafts under the new paths of a file or a folder that was renamed. */
export function movedDrafts(drafts: Drafts, from: string, to: string): Drafts {
  return Object.fromEntries(Object.entries(drafts).map(([own, draft]) => [isAtOrBelow(own, from) ? to + own.slice(from.length) : own, draft]));
}

function isAtOrBelow(own: string, path: string): boolean {
  return own === path || own.startsWith(`${path}/`);
}

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
