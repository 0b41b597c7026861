/** A frame is: length of the rest (u32, big-endian), type (u8), channel (u32), payload. */
export const frameTypes = /** @type {const} */ ({ open: 1, data: 2, credit: 3, message: 4, done: 5, cancel: 6 });

const headBytes = 9;
const maxFrameBytes = 1 << 20;

/**
 * @param {number} type
 * @param {number} id
 * @param {readonly Uint8Array[]} payload
 */
export function frameOf(type, id, payload) {
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(headBytes - 4 + payload.reduce((sum, { byteLength }) => sum + byteLength, 0), 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, ...payload]);
}

/**
 * Cuts what comes into frames. Throws when a frame has no right length.
 * @param {(type: number, id: number, payload: Buffer) => void} onFrame
 */
export function createFrameReader(onFrame) {
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
export function readJson(payload) {
  return JSON.parse(payload.toString("utf8"));
}
