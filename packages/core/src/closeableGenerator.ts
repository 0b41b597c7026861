import { onAbort } from "./timers.js";

/**
 * An async generator whose `return()` works while a `next()` is pending: a plain one would queue behind it, and a silent
 * stream could never be left from outside. `run` gets a signal that aborts when the generator is closed or the caller aborts.
 */
export function closeableGenerator<T>(
  callerSignal: AbortSignal | undefined,
  run: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const controller = new AbortController();
  const inner = run(controller.signal);
  let isClosed = false;
  let stopListening: (() => void) | undefined;
  const done: IteratorReturnResult<void> = { done: true, value: undefined };

  function close(): void {
    isClosed = true;
    stopListening?.();
    controller.abort();
  }

  return {
    async next() {
      if (isClosed) return done;
      // Not before: a generator that nobody iterates must leave no listener behind.
      stopListening ??= onAbort(callerSignal, () => controller.abort(callerSignal?.reason));
      try {
        const result = await inner.next();
        if (result.done) close();
        return isClosed ? done : result;
      } catch (error) {
        if (isClosed) return done; // our own close made it fail
        close();
        throw callerSignal?.aborted ? callerSignal.reason : error;
      }
    },
    async return() {
      close();
      await inner.return().catch(() => undefined); // it fails only with the abort that closing caused
      return done;
    },
    async throw(error) {
      await this.return();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}
