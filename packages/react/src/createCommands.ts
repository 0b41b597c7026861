import type { ExecEvent, MiosaClient, RunInput } from "@miosa/core";
import { createOutputTail, noOutput, type Output } from "./outputTail.js";
import { breathe } from "./timers.js";

/** How a command ended. */
export interface ExecOutput extends Output {
  /** Null when it was cancelled. A code other than 0 is a result, not an error. */
  readonly exitCode: number | null;
}

/** How much of the output is kept, and where it is shown. */
interface Shown {
  maxLines: number;
  maxChars: number;
  show: (output: Output) => void;
}

/** The commands of one sandbox, one at a time. */
export interface Commands {
  /** Cancels the command that runs and runs this one; shows its output once a frame at most, and at the end. */
  run(input: RunInput, shown: Shown): Promise<ExecOutput>;
  cancel(): void;
}

/** So long is output taken in at a stretch, in milliseconds: half a frame, so that the page stays responsive. */
const sliceMs = 8;

/** Commands over the client's `exec.stream`. */
export function createCommands(client: MiosaClient, id: string): Commands {
  let running: AbortController | undefined;
  return {
    cancel: () => running?.abort(),
    run(input, { show, ...limits }) {
      running?.abort();
      const { signal } = (running = new AbortController());
      const showLatest = (output: Output): void => {
        if (running?.signal === signal) show(output);
      };
      showLatest(noOutput);
      return takeIn(client.exec.stream(id, input, { signal }), signal, { ...limits, show: showLatest });
    },
  };
}

async function takeIn(events: AsyncIterable<ExecEvent>, signal: AbortSignal, { maxLines, maxChars, show }: Shown): Promise<ExecOutput> {
  const tail = createOutputTail(maxLines, maxChars);
  let frame: number | undefined;
  let sliceEndsAtMs = 0;
  let exitCode: number | null = null;
  try {
    for await (const event of events) {
      if (event.type === "exit") exitCode = event.exitCode;
      else tail.push(event);
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        show(tail.get());
      });
      if (performance.now() < sliceEndsAtMs) continue;
      await breathe();
      sliceEndsAtMs = performance.now() + sliceMs;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (frame !== undefined) cancelAnimationFrame(frame);
    show(tail.get());
  }
  return { ...tail.get(), exitCode };
}
