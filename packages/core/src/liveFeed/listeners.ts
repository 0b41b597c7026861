/** A set of listeners. The same function added twice is called twice, and each is taken back by itself. */
export interface Listeners<Args extends unknown[]> {
  /** Returns a function that takes the listener back. */
  add: (listener: (...args: Args) => void) => () => void;
  /** Calls all, even those that are taken back meanwhile. One that throws keeps no other from being called, and is reported as uncaught. */
  tell: (...args: Args) => void;
  count: () => number;
}

/** Makes an empty set of listeners. */
export function createListeners<Args extends unknown[]>(): Listeners<Args> {
  const all = new Set<(...args: Args) => void>();
  return {
    add(listener) {
      const call = (...args: Args): void => listener(...args);
      all.add(call);
      return () => void all.delete(call);
    },
    tell(...args) {
      for (const call of Array.from(all)) {
        try {
          call(...args);
        } catch (error) {
          reportUncaught(error);
        }
      }
    },
    count: () => all.size,
  };
}

/** What an event target does with a listener's error. Node has no `reportError`. */
function reportUncaught(error: unknown): void {
  if (typeof reportError === "function") return reportError(error);
  queueMicrotask(() => {
    throw error;
  });
}
