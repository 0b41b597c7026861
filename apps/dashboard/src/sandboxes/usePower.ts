import type { ComputerState, MiosaError, Sandbox } from "@miosa/core";
import { useStartSandbox, useStopSandbox } from "@miosa/react";
import { useAnnounce } from "../ui/Announcer.js";
import { nameOf } from "./status.js";

/** Switching a sandbox on or off, whichever makes sense now. */
export interface Power {
  /** Null where neither does, such as for one that is being deleted. */
  action: "start" | "stop" | null;
  /** True while it changes over by itself. */
  isBusy: boolean;
  error: MiosaError | null;
  perform: () => void;
}

const actions: Partial<Record<ComputerState, "start" | "stop">> = {
  creating: "stop",
  starting: "stop",
  running: "stop",
  stopping: "stop",
  stopped: "start",
  error: "start",
};

/** Starts or stops a sandbox and says so aloud. */
export function usePower(sandbox: Sandbox): Power {
  const announce = useAnnounce();
  const start = useStartSandbox({ mutation: { onMutate: () => announce(`${nameOf(sandbox)} is starting`) } });
  const stop = useStopSandbox({ mutation: { onMutate: () => announce(`${nameOf(sandbox)} is stopping`) } });
  const action = actions[sandbox.state] ?? null;
  const isBusy = sandbox.state === "stopping" || start.isPending || stop.isPending;
  const perform = (): void => {
    if (action === null || isBusy) return;
    const [chosen, other] = action === "start" ? [start, stop] : [stop, start];
    other.reset();
    chosen.mutate(sandbox.id);
  };
  return { action, isBusy, error: start.error ?? stop.error, perform };
}
