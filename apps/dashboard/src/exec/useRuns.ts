import type { MiosaError } from "@miosa/core";
import { sandboxKeys, useExec, type Output } from "@miosa/react";
import { useQueryClient } from "@tanstack/react-query";
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
  const exec = useExec<number>(sandboxId, {
    maxLines,
    maxChars,
    mutation: {
      onMutate: nowMs,
      onSettled(result, error, { command }, startedAtMs = nowMs()) {
        const base = { command, startedAtMs, endedAtMs: nowMs(), output: result ?? exec.output };
        const run = error === null ? endOf(base, result?.exitCode ?? null) : ({ ...base, phase: "failed", error } as const);
        keep((before) => [...before, run].slice(-maxRuns));
        void queryClient.invalidateQueries({ queryKey: sandboxKeys.files(sandboxId) });
        onEnd(run);
      },
    },
  });
  const { isPending, context: startedAtMs, variables, output, mutate, cancel } = exec;
  const isRunning = isPending && startedAtMs !== undefined && ended.at(-1)?.startedAtMs !== startedAtMs;
  const runs: readonly Run[] = isRunning ? [...ended, { phase: "running", command: variables.command, startedAtMs, output }] : ended;
  return { runs, isRunning: isPending, run: (command: string) => mutate({ command, timeoutSec: commandTimeoutSec }), cancel };
}

function endOf(base: Pick<Run, "command" | "startedAtMs" | "output"> & { endedAtMs: number }, exitCode: number | null): Run {
  return exitCode === null ? { ...base, phase: "cancelled" } : { ...base, phase: "done", exitCode };
}

function nowMs(): number {
  return Date.now();
}
