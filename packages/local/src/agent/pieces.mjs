/**
 * Bytes on their way from whoever has them to whoever iterates: each piece is taken before more comes.
 * @typedef {object} Pieces
 * @property {(bytes: Uint8Array) => Promise<void>} add resolves when the bytes have been taken, or when nobody wants them
 * @property {() => void} end
 * @property {(error: unknown) => void} fail makes the iteration throw
 * @property {() => void} stop nobody wants more
 * @property {() => AsyncGenerator<Uint8Array, void, void>} iterate
 */

/**
 * @param {() => void} [onLeft] called when the iteration is left
 * @returns {Pieces}
 */
export function createPieces(onLeft) {
  /** @type {{ bytes: Uint8Array, taken: () => void }[]} */
  const waiting = [];
  /** @type {{ phase: "open" } | { phase: "whole" } | { phase: "failed", error: unknown } | { phase: "stopped" }} */
  let state = { phase: "open" };
  let wake = () => {};

  function stop() {
    if (state.phase === "open") state = { phase: "stopped" };
    for (const { taken } of waiting.splice(0)) taken();
    wake();
  }

  async function* iterate() {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          yield next.bytes;
          next.taken();
        } else if (state.phase === "failed") throw state.error;
        else if (state.phase !== "open") return;
        else await new Promise((/** @type {(value: void) => void} */ resolve) => (wake = () => resolve()));
      }
    } finally {
      stop();
      onLeft?.();
    }
  }

  return {
    add: (bytes) =>
      new Promise((/** @type {(value: void) => void} */ resolve) => {
        if (state.phase !== "open") return resolve();
        waiting.push({ bytes, taken: resolve });
        wake();
      }),
    end() {
      if (state.phase === "open") state = { phase: "whole" };
      wake();
    },
    fail(error) {
      if (state.phase === "open") state = { phase: "failed", error };
      wake();
    },
    stop,
    iterate,
  };
}
