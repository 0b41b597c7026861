import type { BoxMarks } from "../sandboxes/lifeCycle.js";
import { type Journal, noJournal } from "./journal.js";

/** How a server keeps what is to outlive it. */
export interface Keeping {
  readonly journal: Journal;
  readonly marks: BoxMarks;
}

/** A server that keeps nothing. */
export const nothingKept: Keeping = { journal: noJournal, marks: { mark: async () => {}, unmark: async () => {} } };
