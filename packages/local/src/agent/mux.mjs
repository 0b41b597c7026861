/** @import { Readable, Writable } from "node:stream" */

/**
 * Many calls over one pair of streams. A frame is: length of the rest (u32, big-endian), type (u8), channel (u32), payload.
 * Each stream of bytes in a channel may have `windowBytes` on the way; the receiver gives credit back as it takes them, so that one
 * slow reader holds back its own sender and nothing else. Either side is cut off when the other breaks these rules.
 */
const types = /** @type {const} */ ({ open: 1, data: 2, credit: 3, message: 4, done: 5, cancel: 6 });
const headBytes = 9;
const maxFrameBytes = 1 << 20;
const windowBytes = 256 * 1_024;
const pieceBytes = 64 * 1_024;

/** Streams of a channel: what flows to the box, and two that flow from it. */
export const streams = /** @type {const} */ ({ input: 0, output: 1, errors: 2 });

/**
 * @typedef {object} Channel one call
 * @property {(stream: number, bytes: Uint8Array) => Promise<void>} send resolves once the other side has room for more; the bytes are dropped when the call is over
 * @property {(stream: number) => void} end no more bytes on this stream
 * @property {(value: unknown) => void} message
 * @property {(result: unknown) => void} done ends the call with a result; only for the side that was called
 * @property {(error: unknown) => void} fail ends it with an error, likewise
 * @property {() => void} cancel asks the other side to end it; only for the caller
 * @property {Promise<unknown>} result rejects with {@link CallFailed} or with what broke the connection
 */

/**
 * @typedef {object} ChannelEvents what a side does with what comes
 * @property {(stream: number, bytes: Uint8Array) => void | Promise<void>} [onData] a promise holds back more of the same stream
 * @property {(stream: number) => void | Promise<void>} [onEnd]
 * @property {(value: unknown) => void | Promise<void>} [onMessage]
 * @property {() => void} [onCancel]
 */

/** A call that the other side could not do. `details` is what it said, for the caller to check. */
export class CallFailed extends Error {
  /** @param {unknown} details */
  constructor(details) {
    super("The call failed in the sandbox.");
    this.name = "CallFailed";
    this.details = details;
  }
}

/** The connection ended, or the other side broke its rules. */
export class ConnectionBroken extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(cause instanceof Error ? cause.message : "The connection ended.", { cause });
    this.name = "ConnectionBroken";
  }
}

/**
 * @param {Readable} input
 * @param {Writable} output
 * @param {(method: string, params: unknown, channel: Channel) => ChannelEvents} [onCall] answers calls of the other side
 */
export function createMux(input, output, onCall) {
  /** @type {Map<number, State>} */
  const channels = new Map();
  let nextId = 1;
  /** @type {Error | undefined} */
  let broken;
  /** @type {(reason: Error) => void} */
  let tellBroken = () => {};
  const ended = new Promise((/** @type {(reason: Error) => void} */ resolve) => (tellBroken = resolve));

  /** @param {unknown} why */
  function breakOff(why) {
    if (broken) return;
    const reason = new ConnectionBroken(why);
    broken = reason;
    input.destroy();
    output.destroy();
    for (const state of channels.values()) {
      release(state);
      state.events.onCancel?.();
      state.reject(reason);
    }
    channels.clear();
    tellBroken(reason);
  }

  /**
   * @param {number} type
   * @param {number} id
   * @param {readonly Uint8Array[]} payload
   */
  function write(type, id, ...payload) {
    if (broken) return;
    const head = Buffer.allocUnsafe(headBytes);
    head.writeUInt32BE(headBytes - 4 + payload.reduce((sum, { byteLength }) => sum + byteLength, 0), 0);
    head.writeUInt8(type, 4);
    head.writeUInt32BE(id, 5);
    output.write(Buffer.concat([head, ...payload]));
  }

  /**
   * @param {number} type
   * @param {number} id
   * @param {unknown} value
   */
  function writeJson(type, id, value) {
    write(type, id, Buffer.from(JSON.stringify(value ?? null)));
  }

  /**
   * @param {number} id
   * @param {boolean} isCaller
   */
  function createState(id, isCaller) {
    /** @type {(value: unknown) => void} */
    let resolve = () => {};
    /** @type {(error: unknown) => void} */
    let reject = () => {};
    const result = new Promise((onResolve, onReject) => ([resolve, reject] = [onResolve, onReject]));
    result.catch(() => {}); // whoever does not ask for it does not mind
    /** @type {State} */
    const state = { id, isCaller, isOver: false, events: {}, sending: new Map(), receiving: new Map(), resolve, reject, result };
    channels.set(id, state);
    return state;
  }

  /** @param {State} state */
  function finish(state) {
    state.isOver = true;
    release(state);
    channels.delete(state.id);
  }

  /**
   * @param {State} state
   * @param {number} stream
   */
  function sendingOf(state, stream) {
    const found = state.sending.get(stream) ?? { credit: windowBytes, waiting: [], tail: Promise.resolve() };
    state.sending.set(stream, found);
    return found;
  }

  /**
   * @param {State} state
   * @param {number} stream
   * @param {Uint8Array} bytes
   */
  async function sendNow(state, stream, bytes) {
    const sending = sendingOf(state, stream);
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      while (sending.credit < piece.byteLength && !state.isOver && !broken) {
        await new Promise((/** @type {(value: void) => void} */ resolve) => sending.waiting.push(resolve));
      }
      if (state.isOver || broken) return;
      sending.credit -= piece.byteLength;
      write(types.data, state.id, Buffer.of(stream), piece);
    }
  }

  /**
   * @param {Promise<void>} before
   * @param {State} state
   * @param {number} stream
   */
  async function endAfter(before, state, stream) {
    await before;
    if (!state.isOver) write(types.data, state.id, Buffer.of(stream));
  }

  /**
   * A result comes after all that was sent before it.
   * @param {State} state
   * @param {unknown} value
   */
  async function doneAfter(state, value) {
    await Promise.all([...state.sending.values()].map(({ tail }) => tail));
    if (state.isOver) return;
    writeJson(types.done, state.id, { result: value ?? null });
    finish(state);
  }

  /**
   * @param {State} state
   * @returns {Channel}
   */
  function channelOf(state) {
    return {
      send(stream, bytes) {
        const sending = sendingOf(state, stream);
        sending.tail = sending.tail.then(() => sendNow(state, stream, bytes));
        return sending.tail;
      },
      end(stream) {
        const sending = sendingOf(state, stream);
        sending.tail = endAfter(sending.tail, state, stream);
      },
      message: (value) => {
        if (!state.isOver) writeJson(types.message, state.id, value);
      },
      done: (value) => void doneAfter(state, value),
      fail(error) {
        if (state.isOver) return;
        writeJson(types.done, state.id, { error });
        finish(state);
      },
      cancel: () => {
        if (!state.isOver) write(types.cancel, state.id);
      },
      result: state.result,
    };
  }

  /**
   * @param {State} state
   * @param {number} stream
   * @param {Uint8Array} bytes
   */
  function receive(state, stream, bytes) {
    const receiving = state.receiving.get(stream) ?? { open: 0, tail: Promise.resolve() };
    state.receiving.set(stream, receiving);
    receiving.open += bytes.byteLength;
    if (receiving.open > windowBytes) throw new Error("The other side sent more than it was allowed to.");
    receiving.tail = takeAfter(receiving.tail);
    receiving.tail.catch(breakOff);

    /** @param {Promise<void>} before */
    async function takeAfter(before) {
      await before;
      if (bytes.byteLength === 0) return state.events.onEnd?.(stream);
      await state.events.onData?.(stream, bytes);
      receiving.open -= bytes.byteLength;
      const credit = Buffer.allocUnsafe(5);
      credit.writeUInt8(stream, 0);
      credit.writeUInt32BE(bytes.byteLength, 1);
      if (!state.isOver) write(types.credit, state.id, credit);
    }
  }

  /**
   * @param {State} state
   * @param {unknown} value
   */
  async function conclude(state, value) {
    await Promise.all([...state.receiving.values()].map(({ tail }) => tail));
    finish(state);
    if (isRecord(value) && "error" in value) state.reject(new CallFailed(value["error"]));
    else state.resolve(isRecord(value) ? value["result"] : undefined);
  }

  /**
   * @param {State} state
   * @param {unknown} message
   */
  async function tell(state, message) {
    await state.events.onMessage?.(message);
  }

  /**
   * @param {number} type
   * @param {number} id
   * @param {Buffer} payload
   */
  function onFrame(type, id, payload) {
    const state = channels.get(id);
    if (type === types.open && onCall && !state) {
      const request = readJson(payload);
      if (!isRecord(request)) throw new Error("A call without a method.");
      const opened = createState(id, false);
      opened.events = onCall(String(request["method"]), request["params"], channelOf(opened));
    } else if (!state) {
      // It ended here while this was on its way.
    } else if (type === types.data && payload.length > 0) receive(state, payload.readUInt8(0), payload.subarray(1));
    else if (type === types.credit && payload.length === 5) {
      const sending = sendingOf(state, payload.readUInt8(0));
      sending.credit = Math.min(windowBytes, sending.credit + payload.readUInt32BE(1));
      for (const wake of sending.waiting.splice(0)) wake();
    } else if (type === types.message) void tell(state, readJson(payload)).catch(breakOff);
    else if (type === types.done && state.isCaller) void conclude(state, readJson(payload)).catch(breakOff);
    else if (type === types.cancel && !state.isCaller) state.events.onCancel?.();
    else throw new Error("A frame that makes no sense.");
  }

  const onBytes = createFrameReader(onFrame);
  input.on("data", (/** @type {Buffer} */ bytes) => {
    try {
      onBytes(bytes);
    } catch (error) {
      breakOff(error);
    }
  });
  input.on("close", () => breakOff(new Error("The connection ended.")));
  input.on("end", () => breakOff(new Error("The connection ended.")));
  for (const stream of [input, output]) stream.on("error", breakOff);

  return {
    /** Settles with the reason when the connection is over. */
    ended,
    /**
     * Calls the other side.
     * @param {string} method
     * @param {unknown} params
     * @param {ChannelEvents} [events]
     * @returns {Channel}
     */
    call(method, params, events = {}) {
      const id = nextId;
      nextId += 1;
      const state = createState(id, true);
      state.events = events;
      if (broken) {
        channels.delete(id);
        state.isOver = true;
        state.reject(broken);
      }
      writeJson(types.open, id, { method, params });
      return channelOf(state);
    },
    /** Ends the connection. @param {Error} reason */
    close: (reason) => breakOff(reason),
  };
}

/** @param {State} state */
function release(state) {
  state.isOver = true;
  for (const { waiting } of state.sending.values()) for (const wake of waiting.splice(0)) wake();
}

/** @param {(type: number, id: number, payload: Buffer) => void} onFrame */
function createFrameReader(onFrame) {
  /** @type {Buffer[]} */
  let pieces = [];
  let buffered = 0;
  let wanted = 4;
  return (/** @type {Buffer} */ bytes) => {
    pieces.push(bytes);
    buffered += bytes.length;
    while (buffered >= wanted) {
      const whole = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
      const length = whole.readUInt32BE(0) + 4;
      if (length < headBytes || length > maxFrameBytes) throw new Error("A frame of a wrong length.");
      pieces = [whole];
      wanted = length;
      if (buffered < length) return;
      pieces = buffered > length ? [whole.subarray(length)] : [];
      buffered -= length;
      wanted = 4;
      onFrame(whole.readUInt8(4), whole.readUInt32BE(5), whole.subarray(headBytes, length));
    }
  };
}

/**
 * @param {Buffer} payload
 * @returns {unknown}
 */
function readJson(payload) {
  return JSON.parse(payload.toString("utf8"));
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @typedef {object} State
 * @property {number} id
 * @property {boolean} isCaller
 * @property {boolean} isOver
 * @property {ChannelEvents} events
 * @property {Map<number, { credit: number, waiting: ((value: void) => void)[], tail: Promise<void> }>} sending
 * @property {Map<number, { open: number, tail: Promise<void> }>} receiving
 * @property {(value: unknown) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {Promise<unknown>} result
 */
