"use client";

import { createCommandRunner, type ExecOutput, type MiosaError, type Output, type RunInput } from "@miosa/core";
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useMiosa } from "./MiosaProvider.js";
import type { MutationOverrides } from "./overrides.js";
import { sandboxKeys } from "./sandboxKeys.js";

const noOutput: Output = { lines: [], droppedLines: 0 };

/** Options of {@link useExec}. */
export interface UseExecOptions<Context = unknown> {
  /** Lines of output that are kept: the latest ones. @default 1000 */
  maxLines?: number | undefined;
  /** Characters that the kept lines hold together, at most; the last line is always kept. @default 1000000 */
  maxChars?: number | undefined;
  /** TanStack Query's own options, such as `onSuccess`, `onError`. */
  mutation?: MutationOverrides<ExecOutput, RunInput, Context>;
}

/** A mutation, and the output so far. */
export type UseExecResult<Context = unknown> = UseMutationResult<ExecOutput, MiosaError, RunInput, Context> & {
  /** The output of the latest run, as it comes and when it is over. Renders once a frame at most. */
  output: Output;
  /** Ends the command that runs. Its run then succeeds with an exit code of null. */
  cancel: () => void;
};

/**
 * Runs commands in a sandbox: `mutate({ command })`. Their output streams in; however much it is, memory stays bounded and the page
 * responsive. One command at a time: running another cancels the first, and so do leaving the page and another id. `exec.stream`
 */
export function useExec<Context = unknown>(
  id: string,
  { maxLines = 1_000, maxChars = 1_000_000, mutation }: UseExecOptions<Context> = {},
): UseExecResult<Context> {
  const { client, queryClient } = useMiosa();
  const commands = useMemo(() => createCommandRunner(client, id), [client, id]);
  const [shown, show] = useState({ commands, output: noOutput });
  const exec = useMutation<ExecOutput, MiosaError, RunInput, Context>(
    {
      mutationKey: sandboxKeys.exec(),
      mutationFn: (input) => commands.run(input, { maxLines, maxChars, show: (output) => show({ commands, output }) }),
      retry: false,
      // A command that waits until the browser is online again would come as a surprise.
      networkMode: "always",
      ...mutation,
    },
    queryClient,
  );
  const { reset } = exec;
  useEffect(
    () => () => {
      commands.cancel();
      reset();
    },
    [commands, reset],
  );
  return { ...exec, output: shown.commands === commands ? shown.output : noOutput, cancel: commands.cancel };
}
