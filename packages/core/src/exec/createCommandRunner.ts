import type { MiosaClient } from "../client.js";
import { startTimer } from "../timers.js";
import { createOutputTail, noOutput, type Output } from "./outputTail.js";
import type { ExecEvent, RunInput } from "./types.js";

/** How a command ended. */
export interface ExecOutput extends Output {
  /** Null when it was cancelled. A code other than 0 is a result, not an error. */
  readonly exitCode: number | null;
}

/** How much of the output is kept, and where it is shown. */
export interface ShownOutput {
  /** Lines that are kept: the latest ones. */
  maxLines: number;
  /** Characters that the kept lines hold together, at most; the last line is always kept. */
  maxChars: number;
  /** Called with the output so far: once a frame at most, and at the end. */
  show: (output: Output) => void;
}

/** The commands of one sandbox, one at a time. */
export interface CommandRunner {
  /** Cancels the command that runs and runs this one. Rejects as `exec.stream` does, but not when it was cancelled; what was printed is shown first. */
  run(input: RunInput, shown: ShownOutput): Promise<ExecOutput>;
  cancel(): void;
}

/** So long is output taken in at a stretch, in milliseconds: half a frame, so that the page stays responsive. */
const sliceMs = 8;
/** A frame where nothing is painted, in milliseconds. */
const frameMs = 16;

/**
 * Runs the commands of one sandbox for a page that shows their output as it comes: however much it is, memory stays bounded and
 * the page responsive. Over `exec.stream`, contract 4.7.
 */
export function createCommandRunner(client: Pick<MiosaClient, "exec">, id: string): CommandRunner {
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

async function takeIn(events: AsyncIterable<ExecEvent>, signal: AbortSignal, { maxLines, maxChars, show }: ShownOutput): Promise<ExecOutput> {
  const tail = createOutputTail(maxLines, maxChars);
  let dropFrame: (() => void) | undefined;
  let sliceEndsAtMs = 0;
  let exitCode: number | null = null;
  try {
    for await (const event of events) {
      if (event.type === "exit") exitCode = event.exitCode;
      else tail.push(event);
      dropFrame ??= onNextFrame(() => {
        dropFrame = undefined;
        show(tail.get());
      });
      if (performance.now() < sliceEndsAtMs) continue;
      await breathe();
      sliceEndsAtMs = performance.now() + sliceMs;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    dropFrame?.();
    show(tail.get());
  }
  return { ...tail.get(), exitCode };
}

/** Calls back before the next frame is painted; the returned function prevents it. */
function onNextFrame(run: () => void): () => void {
  if (typeof requestAnimationFrame === "undefined") return startTimer(frameMs, run).stop;
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
}

/** Lets the page handle input and paint. Not by a timer: in a hidden tab those come once a second. */
async function breathe(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener("message", resolve);
    port1.start();
    port2.postMessage(null);
  });
  port1.close();
}
