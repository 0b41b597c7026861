import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";

/** What tells a page that it is back: online, from a sleep, or from the cache of pages. */
export type WakeUp = "online" | "resume" | "pageshow";

/** What a browser would tell the client of one run. */
export interface Page {
  /** Runs `work` in this page, with all that comes of it later. */
  run<T>(work: () => T): T;
  /** Announces what is over with a wake-up. */
  fallAsleep(until: WakeUp): void;
  wakeUp(by: WakeUp): void;
  show(isVisible: boolean): void;
  /** Listeners that the client has on the page now. */
  listeners(): number;
}

/** Pages in a process that has none. */
export interface Pages {
  open(): Page;
  /** Makes the process as it was. */
  restore(): void;
}

interface Targets {
  window: EventTarget;
  document: EventTarget & { visibilityState: string };
}

type Listening = Parameters<EventTarget["addEventListener"]>;

const windowEvents = ["online", "offline", "pageshow", "pagehide"];
const documentEvents = ["freeze", "resume", "visibilitychange"];
const endings = { online: "offline", resume: "freeze", pageshow: "pagehide" } as const;

/**
 * Gives this process the globals by which a page learns of wake-ups. Runs share the process, so what stands behind the globals is the
 * page in which the code that asks was started; elsewhere there is no document, and nothing to hear.
 */
export function installPages(): Pages {
  const current = new AsyncLocalStorage<Targets>();
  const scope: object = globalThis;
  const prototype: unknown = Object.getPrototypeOf(scope);
  const replacements: PropertyDescriptorMap = {
    document: { get: () => current.getStore()?.document },
    navigator: { get: () => ({}) },
    ononline: { value: null },
    onpageshow: { value: null },
    addEventListener: { value: (...listening: Listening) => current.getStore()?.window.addEventListener(...listening) },
  };
  const originals = Object.keys(replacements).map((name) => ({ name, descriptor: Object.getOwnPropertyDescriptor(scope, name) }));
  for (const [name, descriptor] of Object.entries(replacements)) Object.defineProperty(scope, name, { ...descriptor, configurable: true });
  Object.setPrototypeOf(scope, EventTarget.prototype);
  return {
    open: () => openPage(current),
    restore() {
      Object.setPrototypeOf(scope, typeof prototype === "object" ? prototype : null);
      for (const { name, descriptor } of originals) {
        Reflect.deleteProperty(scope, name);
        if (descriptor) Object.defineProperty(scope, name, descriptor);
      }
    },
  };
}

/** A target that obeys each listener's signal. Node's own, when it collects garbage, forgets all signals of its listeners but the last. */
function createTarget(): EventTarget {
  const target = new EventTarget();
  return Object.assign(target, {
    addEventListener(...[type, listener, options]: Listening): void {
      const { signal, ...others } = typeof options === "object" ? options : {};
      if (signal?.aborted) return;
      EventTarget.prototype.addEventListener.call(target, type, listener, others);
      signal?.addEventListener("abort", () => target.removeEventListener(type, listener), { once: true });
    },
  });
}

function openPage(current: AsyncLocalStorage<Targets>): Page {
  const window = createTarget();
  const document = Object.assign(createTarget(), { visibilityState: "visible" });
  const tell = (type: string): void => {
    const event = Object.assign(new Event(type), { persisted: true });
    current.run({ window, document }, () => (documentEvents.includes(type) ? document : window).dispatchEvent(event));
  };
  return {
    run: (work) => current.run({ window, document }, work),
    fallAsleep: (until) => tell(endings[until]),
    wakeUp: tell,
    show(isVisible) {
      document.visibilityState = isVisible ? "visible" : "hidden";
      tell("visibilitychange");
    },
    listeners() {
      const count = (target: EventTarget, types: readonly string[]): number => types.reduce((sum, type) => sum + getEventListeners(target, type).length, 0);
      return count(window, windowEvents) + count(document, documentEvents);
    },
  };
}
