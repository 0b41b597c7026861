import { jsonOf, openChannel } from "./channels.mjs";
import { createFrameReader, frameOf, frameTypes, readJson } from "./frames.mjs";
import { isRecord } from "./isRecord.mjs";
import { ConnectionBroken } from "./muxErrors.mjs";

/** @import { Readable, Writable } from "node:stream" */
/** @import { Channel, ChannelEvents, OpenChannel } from "./channels.mjs" */

/** What may lie unread before a side that does not read is cut off. Far more than all windows of a busy box together. */
const maxUnreadBytes = 64 * 1_048_576;

/** Numbers of the calls that each side makes, so that two made at once are never the same. */
const firstIds = /** @type {const} */ ({ server: 1, box: 2 });

/**
 * Many calls, made by either side, over one pair of streams. A side that breaks the rules is cut off.
 * @param {"server" | "box"} side
 * @param {Readable} input
 * @param {Writable} output
 * @param {(method: string, params: unknown, channel: Channel) => ChannelEvents} [onCall] answers calls of the other side
 */
export function createMux(side, input, output, onCall) {
  /** @type {Map<number, OpenChannel>} */
  const channels = new Map();
  let nextId = firstIds[side];
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
    for (const each of [...channels.values()]) each.breakOff(reason);
    tellBroken(reason);
  }

  /**
   * @param {number} type
   * @param {number} id
   * @param {readonly Uint8Array[]} payload
   */
  function write(type, id, ...payload) {
    if (broken) return;
    output.write(frameOf(type, id, payload));
    if (output.writableLength > maxUnreadBytes) breakOff(new Error("The other side does not read."));
  }

  const wire = { write, breakOff, forget: (/** @type {number} */ id) => void channels.delete(id) };

  /**
   * @param {number} id
   * @param {boolean} isCaller
   */
  function open(id, isCaller) {
    const opened = openChannel(id, isCaller, wire);
    channels.set(id, opened);
    return opened;
  }

  /**
   * @param {number} id
   * @param {Buffer} payload
   */
  function answer(id, payload) {
    if (!onCall) return;
    const request = readJson(payload);
    if (!isRecord(request) || id % 2 === firstIds[side] % 2) throw new Error("A call that makes no sense.");
    const opened = open(id, false);
    opened.listen(onCall(String(request["method"]), request["params"], opened.channel));
  }

  /**
   * @param {number} type
   * @param {number} id
   * @param {Buffer} payload
   */
  function onFrame(type, id, payload) {
    const found = channels.get(id);
    if (!found) {
      // It ended here while this was on its way, unless it is new.
      if (type === frameTypes.open) answer(id, payload);
    } else if (type === frameTypes.data && payload.length > 0) found.onData(payload);
    else if (type === frameTypes.credit && payload.length === 5) found.onCredit(payload);
    else if (type === frameTypes.message) void found.onMessage(readJson(payload)).catch(breakOff);
    else if (type === frameTypes.done && found.isCaller) void found.onDone(readJson(payload)).catch(breakOff);
    else if (type === frameTypes.cancel && !found.isCaller) found.onCancel();
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
      nextId += 2;
      const opened = open(id, true);
      opened.listen(events);
      if (broken) opened.breakOff(broken);
      else write(frameTypes.open, id, jsonOf({ method, params }));
      return opened.channel;
    },
    /** Ends the connection. @param {Error} reason */
    close: (reason) => breakOff(reason),
  };
}
