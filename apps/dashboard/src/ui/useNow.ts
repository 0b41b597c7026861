import { useCallback, useSyncExternalStore } from "react";

/** The time in milliseconds, in steps of `everyMs`; it stands still while not `active`. */
export function useNow(everyMs: number, active = true): number {
  const subscribe = useCallback(
    (onChange: () => void) => {
      if (!active) return () => undefined;
      const timer = setInterval(onChange, everyMs);
      return () => clearInterval(timer);
    },
    [everyMs, active],
  );
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / everyMs) * everyMs);
}
