import type { MiosaError } from "@miosa/core";
import { sandboxKeys, useExec, type Output } from "@miosa/react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useKept } from "../ui/useKept.js";

/** One command with what it printed, and how it ended. */
export type Run = { command: string; startedAtMs: number; output: Output } & (
  | { phase: "running" }
  | { phase: "done"; exitCode: number; endedAtMs: number }
  | { phase: "cancelled"; endedAtMs: number }
  | { phase: "failed"; error: MiosaError; endedAtMs: number }
);

/** How long the server lets a command run, in seconds. */
export const commandTimeoutSec = 300;
const maxLines = 1_000;
const maxChars = 200_000;
const maxRuns = 50;
const none: readonly Run[] = [];

/**
 * Commands of one sandbox, oldest first. The one that runs is cancelled when its page is left; those that ended are there again when one
 * comes back.
 */
export function useRuns(sandboxId: string, onEnd: (run: Run) => void) {
  const queryClient = useQueryClient();
  const [ended, keep] = useKept([sandboxId, "runs"], none);
  const [failedAtMs, setFailedAtMs] = useState(0);
  const finish = (run: Run): void => {
    keep((before) => [...before, run].slice(-maxRuns));
    void queryClient.invalidateQueries({ queryKey: sandboxKeys.files(sandboxId) });
    onEnd(run);
  };
  const exec = useExec<number>(sandboxId, {
    maxLines,
    maxChars,
    mutation: {
      onMutate: nowMs,
      onSuccess: (output, { command }, startedAtMs) => finish(endOf({ command, startedAtMs, endedAtMs: nowMs(), output }, output.exitCode)),
      onError: () => setFailedAtMs(nowMs()),
    },
  });
  const { isPending, context: startedAtMs, variables, error, output, mutate, cancel } = exec;
  const current = startedAtMs === undefined || ended.at(-1)?.startedAtMs === startedAtMs ? null : { command: variables?.command ?? "", startedAtMs, output };
  const failed: Run | null = current === null || error === null ? null : { ...current, phase: "failed", error, endedAtMs: failedAtMs };
  const keepFailed = useEffectEvent(() => {
    if (failed !== null) finish(failed);
  });
  useEffect(() => {
    // Once the failure is rendered, and not when it is told: only then are the last lines before it known here.
    if (error !== null) keepFailed();
  }, [error]);
  const shown: Run | null = isPending && current !== null ? { ...current, phase: "running" } : failed;
  return {
    runs: shown === null ? ended : [...ended, shown],
    isRunning: isPending,
    run: (command: string) => mutate({ command, timeoutSec: commandTimeoutSec }),
    cancel,
  };
}

function endOf(base: Pick<Run, "command" | "startedAtMs" | "output"> & { endedAtMs: number }, exitCode: number | null): Run {
  return exitCode === null ? { ...base, phase: "cancelled" } : { ...base, phase: "done", exitCode };
}

function nowMs(): number {
  return Date.now();
}
