import { createInflow, createOutflow } from "./flow.mjs";
import { frameTypes } from "./frames.mjs";
import { isRecord } from "./isRecord.mjs";
import { CallFailed } from "./muxErrors.mjs";

/** @import { Inflow, Outflow } from "./flow.mjs" */

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

/**
 * @typedef {object} ChannelWire what a channel needs of its connection
 * @property {(type: number, id: number, ...payload: Uint8Array[]) => void} write
 * @property {(error: unknown) => void} breakOff
 * @property {(id: number) => void} forget
 */

/** @typedef {ReturnType<typeof openChannel>} OpenChannel */

/**
 * One call as one side of the connection knows it.
 * @param {number} id
 * @param {boolean} isCaller
 * @param {ChannelWire} wire
 */
export function openChannel(id, isCaller, wire) {
  /** @type {ChannelEvents} */
  let events = {};
  let isOver = false;
  /** @type {Map<number, Outflow>} */
  const outflows = new Map();
  /** @type {Map<number, Inflow>} */
  const inflows = new Map();
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  /** @type {(error: unknown) => void} */
  let reject = () => {};
  const result = new Promise((onResolve, onReject) => ([resolve, reject] = [onResolve, onReject]));
  result.catch(() => {}); // whoever does not ask for it does not mind

  /** @param {number} stream */
  function outflow(stream) {
    const found = outflows.get(stream) ?? createOutflow((piece) => wire.write(frameTypes.data, id, Buffer.of(stream), piece), () => isOver);
    outflows.set(stream, found);
    return found;
  }

  /** @param {number} stream */
  function inflow(stream) {
    const found = inflows.get(stream) ?? createInflow(
      (bytes) => (bytes.byteLength === 0 ? events.onEnd?.(stream) : events.onData?.(stream, bytes)),
      (bytes) => {
        const credit = Buffer.allocUnsafe(5);
        credit.writeUInt8(stream, 0);
        credit.writeUInt32BE(bytes, 1);
        if (!isOver) wire.write(frameTypes.credit, id, credit);
      },
    );
    inflows.set(stream, found);
    return found;
  }

  function finish() {
    isOver = true;
    for (const each of outflows.values()) each.release();
    wire.forget(id);
  }

  /** @param {Record<string, unknown>} answer */
  function finishWith(answer) {
    if (isOver) return;
    wire.write(frameTypes.done, id, jsonOf(answer));
    finish();
  }

  /** A result comes after all that was sent before it. @param {unknown} value */
  async function doneAfterAll(value) {
    await Promise.all([...outflows.values()].map((each) => each.written()));
    finishWith({ result: value ?? null });
  }

  /** @param {unknown} value */
  async function conclude(value) {
    await Promise.all([...inflows.values()].map((each) => each.taken()));
    finish();
    if (isRecord(value) && "error" in value) reject(new CallFailed(value["error"]));
    else resolve(isRecord(value) ? value["result"] : undefined);
  }

  /** @type {Channel} */
  const channel = {
    send: (stream, bytes) => outflow(stream).send(bytes),
    end: (stream) => outflow(stream).end(),
    message: (value) => {
      if (!isOver) wire.write(frameTypes.message, id, jsonOf(value));
    },
    done: (value) => void doneAfterAll(value),
    fail: (error) => finishWith({ error }),
    cancel: () => {
      if (!isOver) wire.write(frameTypes.cancel, id);
    },
    result,
  };

  return {
    channel,
    isCaller,
    /** @param {ChannelEvents} given */
    listen: (given) => void (events = given),
    /** @param {Buffer} payload a stream's number and its bytes */
    onData: (payload) => void inflow(payload.readUInt8(0)).add(payload.subarray(1)).catch(wire.breakOff),
    /** @param {Buffer} payload a stream's number and how much more it may send */
    onCredit: (payload) => outflow(payload.readUInt8(0)).addCredit(payload.readUInt32BE(1)),
    /** @param {unknown} value */
    onMessage: async (value) => events.onMessage?.(value),
    onDone: conclude,
    onCancel: () => events.onCancel?.(),
    /** The connection is gone. @param {Error} reason */
    breakOff(reason) {
      finish();
      events.onCancel?.();
      reject(reason);
    },
  };
}

/** @param {unknown} value */
export function jsonOf(value) {
  return Buffer.from(JSON.stringify(value ?? null));
}
