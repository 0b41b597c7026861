import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from "react";
import { useMiosaClient } from "@miosa/react";
import type { ExecResult } from "@miosa/core";

/** One command that was run, and how it ended. */
export type Run = { key: number; command: string; startedAtMs: number } & (
  | { phase: "running" }
  | { phase: "done"; result: ExecResult; endedAtMs: number }
  | { phase: "cancelled"; endedAtMs: number }
  | { phase: "failed"; error: unknown; endedAtMs: number }
);

interface Runs {
  runsOf: (sandboxId: string) => readonly Run[];
  run: (sandboxId: string, command: string) => Promise<Run>;
  cancel: (key: number) => void;
  forget: (sandboxId: string) => void;
}

/** How long the server lets a command run, in seconds. */
export const commandTimeoutSec = 60;
const keptRuns = 50;

const RunsContext = createContext<Runs | null>(null);

/** Commands of one sandbox, oldest first; they stay while the page is open, whichever sandbox is shown. */
export function useRuns(sandboxId: string): {
  runs: readonly Run[];
  run: (command: string) => Promise<Run>;
  cancel: (key: number) => void;
  forget: () => void;
} {
  const all = use(RunsContext);
  if (all === null) throw new Error("useRuns needs a RunsProvider above it");
  return useMemo(
    () => ({
      runs: all.runsOf(sandboxId),
      run: (command) => all.run(sandboxId, command),
      cancel: all.cancel,
      forget: () => all.forget(sandboxId),
    }),
    [all, sandboxId],
  );
}

/** Runs commands and keeps what they said; leaving the page cancels those that still run. */
export function RunsProvider({ children }: { children: ReactNode }): ReactElement {
  const client = useMiosaClient();
  const [bySandbox, setBySandbox] = useState<ReadonlyMap<string, readonly Run[]>>(new Map());
  const controllers = useRef(new Map<number, AbortController>());
  const lastKey = useRef(0);

  useEffect(() => {
    const running = controllers.current;
    return () => running.forEach((controller) => controller.abort());
  }, []);

  const put = useCallback((sandboxId: string, run: Run) => {
    setBySandbox((before) => {
      const others = (before.get(sandboxId) ?? []).filter(({ key }) => key !== run.key);
      return new Map(before).set(sandboxId, [...others, run].slice(-keptRuns));
    });
  }, []);

  const run = useCallback(
    async (sandboxId: string, command: string): Promise<Run> => {
      const started = { key: (lastKey.current += 1), command, startedAtMs: Date.now() };
      const controller = new AbortController();
      controllers.current.set(started.key, controller);
      put(sandboxId, { ...started, phase: "running" });
      const ended = await outcome(() =>
        client.exec.run(sandboxId, { command, timeoutSec: commandTimeoutSec }, { signal: controller.signal }),
      );
      controllers.current.delete(started.key);
      const finished: Run = controller.signal.aborted
        ? { ...started, phase: "cancelled", endedAtMs: Date.now() }
        : { ...started, ...ended, endedAtMs: Date.now() };
      put(sandboxId, finished);
      return finished;
    },
    [client, put],
  );

  const cancel = useCallback((key: number) => controllers.current.get(key)?.abort(), []);

  const forget = useCallback((sandboxId: string) => {
    setBySandbox((before) => {
      const after = new Map(before);
      after.delete(sandboxId);
      return after;
    });
  }, []);

  const runs = useMemo<Runs>(
    () => ({ runsOf: (sandboxId) => bySandbox.get(sandboxId) ?? none, run, cancel, forget }),
    [bySandbox, run, cancel, forget],
  );
  return <RunsContext value={runs}>{children}</RunsContext>;
}

const none: readonly Run[] = [];

async function outcome(
  call: () => Promise<ExecResult>,
): Promise<{ phase: "done"; result: ExecResult } | { phase: "failed"; error: unknown }> {
  try {
    return { phase: "done", result: await call() };
  } catch (error) {
    return { phase: "failed", error };
  }
}
