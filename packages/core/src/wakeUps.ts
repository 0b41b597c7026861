import { raceSignal, startTimer, type Timer } from "./timers.js";

/** Tells when connections may have died without a sign: back online, back from sleep or from the back-forward cache. */
export interface WakeUps {
  /** Calls `run` at every wake-up. Returns a function that takes it back. */
  on(run: () => void): () => void;
  dispose(): void;
}

/** Listens for wake-ups where the runtime announces them (pages and web workers); elsewhere there are none. */
export function createWakeUps(): WakeUps {
  const listeners = new Set<() => void>();
  const life = new AbortController();
  const onWake = (event: Event): void => {
    // A first page load shows the page too; only a return from the cache is a wake-up.
    if (event.type === "pageshow" && !Reflect.get(event, "persisted")) return;
    for (const run of Array.from(listeners)) run();
  };
  const listen = (target: EventTarget, type: string): void => target.addEventListener(type, onWake, { signal: life.signal });
  const scope: unknown = globalThis;
  if ("ononline" in globalThis && scope instanceof EventTarget) {
    listen(scope, "online");
    if ("onpageshow" in globalThis) listen(scope, "pageshow");
  }
  if (typeof document !== "undefined") listen(document, "resume");
  return {
    on(run) {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    dispose: () => life.abort(),
  };
}

/** Settles like `work`, but no later than at the next wake-up. Rejects with the signal's reason on abort. */
export async function raceWakeUp<T>(work: Promise<T>, signal: AbortSignal, wakeUps: WakeUps | undefined): Promise<T | "woken"> {
  let takeBack: (() => void) | undefined;
  const woken = new Promise<"woken">((resolve) => {
    takeBack = wakeUps?.on(() => resolve("woken"));
  });
  try {
    return await raceSignal(Promise.race([work, woken]), signal);
  } finally {
    takeBack?.();
  }
}

/** Waits, but no longer than until the next wake-up, and tells which it was. Rejects with the signal's reason on abort. */
export async function pauseUnlessWoken(delayMs: number, signal: AbortSignal, wakeUps: WakeUps | undefined): Promise<"slept" | "woken"> {
  let timer: Timer | undefined;
  const slept = new Promise<"slept">((resolve) => {
    timer = startTimer(delayMs, () => resolve("slept"));
  });
  try {
    return await raceWakeUp(slept, signal, wakeUps);
  } finally {
    timer?.stop();
  }
}
