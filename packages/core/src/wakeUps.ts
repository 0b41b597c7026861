import { startTimer } from "./timers.js";

/** Tells when connections may have died without a sign: back online, back from sleep or from the back-forward cache. */
export interface WakeUps {
  /** Calls `run` at the next wake-up. Returns a function that takes it back. */
  once(run: () => void): () => void;
  dispose(): void;
}

/** Listens for wake-ups where the runtime announces them (pages and web workers); elsewhere there are none. */
export function createWakeUps(): WakeUps {
  const waiting = new Set<() => void>();
  const onWake = (event: Event): void => {
    // A first page load shows the page too; only a return from the cache is a wake-up.
    if (event.type === "pageshow" && !Reflect.get(event, "persisted")) return;
    for (const run of Array.from(waiting)) run();
  };
  const sources = wakeSources();
  for (const { target, type } of sources) target.addEventListener(type, onWake);
  return {
    once(run) {
      const runOnce = (): void => {
        waiting.delete(runOnce);
        run();
      };
      waiting.add(runOnce);
      return () => waiting.delete(runOnce);
    },
    dispose() {
      waiting.clear();
      for (const { target, type } of sources) target.removeEventListener(type, onWake);
    },
  };
}

function wakeSources(): { target: EventTarget; type: string }[] {
  const sources: { target: EventTarget; type: string }[] = [];
  const scope: unknown = globalThis;
  if ("ononline" in globalThis && scope instanceof EventTarget) {
    sources.push({ target: scope, type: "online" });
    if ("onpageshow" in globalThis) sources.push({ target: scope, type: "pageshow" });
  }
  if (typeof document !== "undefined") sources.push({ target: document, type: "resume" });
  return sources;
}

/** Waits, but no longer than until the next wake-up. Rejects with the signal's reason on abort. */
export async function pauseUnlessWoken(delayMs: number, signal: AbortSignal, wakeUps: WakeUps | undefined): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const takeBack = wakeUps?.once(resume);
    const timer = startTimer(delayMs, resume);
    signal.addEventListener("abort", onAbort, { once: true });
    function stop(): void {
      timer.stop();
      takeBack?.();
      signal.removeEventListener("abort", onAbort);
    }
    function resume(): void {
      stop();
      resolve();
    }
    function onAbort(): void {
      stop();
      reject(signal.reason);
    }
  });
}
