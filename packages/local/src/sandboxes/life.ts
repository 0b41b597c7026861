import type { SandboxBox } from "../drivers/driver.js";
import type { SandboxRecord } from "./sandboxRecord.js";

/** Where a sandbox's first box takes its files from. */
export interface FilesFrom {
  /** Host directory that a box's `saveFiles` has filled. */
  readonly directory: string;
  /** Made for this sandbox alone: it goes once the files have been taken. */
  readonly isOwn: boolean;
}

/** A sandbox with what runs it. */
export interface Life {
  readonly record: SandboxRecord;
  /** Grows from one sandbox to the next, also over several servers. */
  readonly order: number;
  /** When a command, a file or a connection was last asked for, in milliseconds since 1970. */
  activeAt: number;
  /** Commands that run right now. */
  busy: number;
  readonly listeners: Set<() => void>;
  /** Present until a box holds these files. */
  filesFrom?: FilesFrom;
  box?: SandboxBox;
  /** True once its box has been ready: all of the sandbox's files are there and nowhere else. */
  isWhole: boolean;
  /** True while the box keeps its files and runs nothing. */
  isStopped?: boolean;
  /** CPU time that its earlier boxes and runs have used, as of the last stop. */
  cpuMs?: number;
  boot?: { readonly controller: AbortController; readonly settled: Promise<void> };
  stopping?: Promise<void>;
  destroyed?: Promise<void>;
}

/** A life that has not begun. */
export function createLife(record: SandboxRecord, order: number): Life {
  return { record, order, activeAt: record.createdAt, busy: 0, listeners: new Set(), isWhole: false };
}
