/**
 * What goes wrong in one direction of a connection once `at` bytes have gone that way. TCP itself never loses or repeats
 * bytes; `drop` and `duplicate` stand for a broken intermediary. Inside an answer with a content length or in chunks they break
 * the HTTP framing, so that a client sees a corrupt or unfinished answer; in one that the end of the connection delimits
 * they lose or repeat a part of the content, such as a whole event.
 */
export type ByteFault =
  /** The bytes after `at` leave in a write of their own; with `everyBytes`, all that follow leave in pieces of that size. */
  | { kind: "split"; at: number; everyBytes?: number | undefined }
  /** The bytes after `at` wait this long, counted from the arrival of the first of them. */
  | { kind: "delay"; at: number; delayMs: number }
  /** Nothing more gets through, and the connection stays open. */
  | { kind: "stall"; at: number }
  /** Both sides get a TCP reset. */
  | { kind: "reset"; at: number }
  /** Both sides are closed in the orderly way, in the middle of whatever is under way. */
  | { kind: "cut"; at: number }
  /** This direction ends; the other one goes on. */
  | { kind: "halfClose"; at: number }
  /** These bytes are lost. */
  | { kind: "drop"; at: number; sizeBytes: number }
  /** These bytes arrive twice, the second time right after the first. */
  | { kind: "duplicate"; at: number; sizeBytes: number };

/** Names of the faults. */
export type ByteFaultKind = ByteFault["kind"];

/** One thing to do with a direction's bytes. */
export type ByteStep =
  | { kind: "write"; bytes: Uint8Array }
  | { kind: "flush" }
  | { kind: "delay"; delayMs: number }
  | { kind: "stall" | "reset" | "cut" | "halfClose" };

/** Turns the bytes of one direction into steps. */
export interface ByteFaultCursor {
  /** Steps that are due before any byte. */
  start(): ByteStep[];
  /** Steps for the next bytes. None after a step that lets nothing more through. */
  take(bytes: Uint8Array): ByteStep[];
  /** Forgets every fault that has not happened yet. */
  calm(): void;
  readonly isCalm: boolean;
  /** The faults that have happened, in order. */
  readonly happened: readonly ByteFault[];
}

const endings: ReadonlySet<ByteFaultKind> = new Set(["stall", "reset", "cut", "halfClose"]);

/** Makes a cursor over the faults of one direction. Those at the same place happen in the given order. Pure: no clock, no socket. */
export function createByteFaultCursor(faults: readonly ByteFault[]): ByteFaultCursor {
  const ahead = faults.toSorted((a, b) => a.at - b.at);
  const happened: ByteFault[] = [];
  let offset = 0;
  let everyBytes = Number.POSITIVE_INFINITY;
  let dropLeft = 0;
  let copyLeft = 0;
  let copy: Uint8Array[] = [];
  let isOver = false;
  let isCalm = false;

  function write(steps: ByteStep[], bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += everyBytes) {
      steps.push({ kind: "write", bytes: bytes.subarray(from, from + everyBytes) });
      if (from + everyBytes <= bytes.length) steps.push({ kind: "flush" });
    }
  }

  function pass(steps: ByteStep[], bytes: Uint8Array): void {
    offset += bytes.length;
    const lost = Math.min(dropLeft, bytes.length);
    dropLeft -= lost;
    const kept = bytes.subarray(lost);
    write(steps, kept);
    if (copyLeft === 0) return;
    const copied = kept.subarray(0, copyLeft);
    copyLeft -= copied.length;
    copy.push(copied);
    if (copyLeft > 0) return;
    for (const part of copy) write(steps, part);
    copy = [];
  }

  function happen(steps: ByteStep[], fault: ByteFault): void {
    happened.push(fault);
    switch (fault.kind) {
      case "split":
        everyBytes = Math.max(1, fault.everyBytes ?? everyBytes);
        steps.push({ kind: "flush" });
        break;
      case "delay":
        steps.push({ kind: "delay", delayMs: fault.delayMs });
        break;
      case "drop":
        dropLeft = fault.sizeBytes;
        break;
      case "duplicate":
        copyLeft = fault.sizeBytes;
        break;
      case "stall":
      case "reset":
      case "cut":
      case "halfClose":
        isOver = true;
        steps.push({ kind: fault.kind });
        break;
    }
  }

  /** The next fault, if it is due: an ending once its place is reached, any other once there is a byte for it. */
  function takeDue(hasBytes: boolean): ByteFault | undefined {
    const fault = ahead[0];
    if (!fault || fault.at > offset || (!hasBytes && !endings.has(fault.kind))) return undefined;
    return ahead.shift();
  }

  function take(bytes: Uint8Array): ByteStep[] {
    const steps: ByteStep[] = [];
    let rest = bytes;
    while (!isOver) {
      const due = takeDue(rest.length > 0);
      if (due) {
        happen(steps, due);
        continue;
      }
      if (rest.length === 0) break;
      // Up to the next fault, and to the end of what is copied: the copy follows the bytes it repeats at once.
      const length = Math.min(rest.length, (ahead[0]?.at ?? Number.POSITIVE_INFINITY) - offset, copyLeft + dropLeft || rest.length);
      pass(steps, rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return steps;
  }

  return {
    start: () => take(new Uint8Array(0)),
    take,
    get isCalm() {
      return isCalm;
    },
    calm() {
      isCalm = true;
      ahead.length = 0;
      everyBytes = Number.POSITIVE_INFINITY;
    },
    happened,
  };
}
