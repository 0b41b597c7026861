// Each stream of bytes may have a window's worth on the way; the receiver gives credit back as it takes them, so that one slow
// reader holds back its own sender and nothing else.
const windowBytes = 256 * 1_024;
const pieceBytes = 64 * 1_024;

/** A piece costs at least this much of the window, so that a flood of tiny ones takes no more memory than a few large ones. */
const leastCost = 64;

/** @param {Uint8Array} piece */
function costOf(piece) {
  return Math.max(piece.byteLength, leastCost);
}

/**
 * The sending end of one stream.
 * @param {(piece: Uint8Array) => void} write an empty piece ends the stream
 * @param {() => boolean} isOver
 */
export function createOutflow(write, isOver) {
  let credit = windowBytes;
  /** @type {Promise<void>} */
  let tail = Promise.resolve();
  /** @type {((value: void) => void)[]} */
  const waiting = [];

  function wake() {
    for (const each of waiting.splice(0)) each();
  }

  /** @param {Uint8Array} bytes */
  async function sendNow(bytes) {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      while (credit < costOf(piece) && !isOver()) await new Promise((/** @type {(value: void) => void} */ resolve) => waiting.push(resolve));
      if (isOver()) return;
      credit -= costOf(piece);
      write(piece);
    }
  }

  /** @param {Promise<void>} before */
  async function endAfter(before) {
    await before;
    if (!isOver()) write(new Uint8Array());
  }

  return {
    /** Resolves once the other side has room for more. @param {Uint8Array} bytes */
    send(bytes) {
      tail = tail.then(() => sendNow(bytes));
      return tail;
    },
    end: () => void (tail = endAfter(tail)),
    /** Resolves when all that was given so far has been written. */
    written: () => tail,
    /** @param {number} bytes */
    addCredit(bytes) {
      credit = Math.min(windowBytes, credit + bytes);
      wake();
    },
    /** The channel is over: whoever waits for room waits no more. */
    release: wake,
  };
}

/**
 * The receiving end of one stream.
 * @param {(bytes: Uint8Array) => void | Promise<void>} take an empty piece ends the stream; a promise holds back the next
 * @param {(bytes: number) => void} giveCredit
 */
export function createInflow(take, giveCredit) {
  let open = 0;
  /** @type {Promise<void>} */
  let tail = Promise.resolve();

  /** @param {Uint8Array} bytes */
  async function takeNow(bytes) {
    await take(bytes);
    if (bytes.byteLength === 0) return;
    open -= costOf(bytes);
    giveCredit(costOf(bytes));
  }

  return {
    /** Resolves when the bytes have been taken. Throws when the other side sends more than it may. @param {Uint8Array} bytes */
    add(bytes) {
      if (bytes.byteLength > 0) open += costOf(bytes);
      if (open > windowBytes) throw new Error("The other side sent more than it was allowed to.");
      tail = tail.then(() => takeNow(bytes));
      return tail;
    },
    /** Resolves when all that came so far has been taken. */
    taken: () => tail,
  };
}

/** @typedef {ReturnType<typeof createOutflow>} Outflow */
/** @typedef {ReturnType<typeof createInflow>} Inflow */
