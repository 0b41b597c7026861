import { memo, type ReactElement } from "react";
import { useElapsedMs, type Output, type OutputLine } from "@miosa/react";
import { describeProblem } from "../problems/describeProblem.js";
import { formatDuration } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import type { Run } from "./useRuns.js";

interface RunEntryProps {
  run: Run;
  /** Runs its command once more; null while that is not possible. */
  onRunAgain: ((command: string) => void) | null;
}

/** One command with what it printed so far, on which stream, and how it ended. */
export const RunEntry = memo(function RunEntry({ run, onRunAgain }: RunEntryProps): ReactElement {
  const isRunning = run.phase === "running";
  const { startedAtMs } = run;
  const elapsedMs = useElapsedMs({ startedAtMs, elapsedMs: isRunning ? null : run.endedAtMs - startedAtMs });
  return (
    <li className="run" data-phase={run.phase}>
      <p className="run-command">
        <span aria-hidden="true" className="prompt">$ </span>
        <code>{run.command}</code>
      </p>
      <Printed output={run.output} />
      {run.phase === "done" && run.output.lines.length === 0 && <p className="run-note">No output</p>}
      {run.phase === "failed" && <Failure error={run.error} />}
      <p className="run-end">
        <End run={run} />
        <span className="number" aria-hidden={isRunning}>{formatDuration(elapsedMs)}</span>
      </p>
      {run.phase === "failed" && (
        <button type="button" className="button console-run run-again" aria-disabled={onRunAgain === null} onClick={() => onRunAgain?.(run.command)}>
          <Icon name="retry" />
          Run again
        </button>
      )}
    </li>
  );
});

function End({ run }: { run: Run }): ReactElement {
  switch (run.phase) {
    case "running":
      return <span className="run-state">Running</span>;
    case "cancelled":
      return <span className="run-state">Cancelled</span>;
    case "failed":
      return <span className="run-state bad">Not run to its end</span>;
    case "done":
      return <span className={run.exitCode === 0 ? "run-state good" : "run-state bad"}>Exit code {run.exitCode}</span>;
  }
}

const labels = { stdout: "Output", stderr: "Standard error" } as const;

/** Lines in the order in which they came; neighbours of one stream make one block, so that a long output stays a few elements. */
function Printed({ output: { lines, droppedLines } }: { output: Output }): ReactElement {
  return (
    <>
      {droppedLines > 0 && (
        <p className="run-note">
          {droppedLines.toLocaleString()} earlier {droppedLines === 1 ? "line" : "lines"} dropped
        </p>
      )}
      {blocksOf(lines).map(({ type, text }, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- blocks are only ever added behind, or all replaced as lines drop off
        <div key={index} className="printed" data-stream={type} role="group" aria-label={labels[type]}>
          {type === "stderr" && <p className="run-note" aria-hidden="true">stderr</p>}
          <pre>{text}</pre>
        </div>
      ))}
    </>
  );
}

function blocksOf(lines: readonly OutputLine[]): { type: OutputLine["type"]; text: string }[] {
  const blocks: { type: OutputLine["type"]; lines: string[] }[] = [];
  for (const { type, line } of lines) {
    const last = blocks.at(-1);
    if (last?.type === type) last.lines.push(line);
    else blocks.push({ type, lines: [line] });
  }
  return blocks.map((block) => ({ type: block.type, text: block.lines.join("\n") }));
}

function Failure({ error }: { error: unknown }): ReactElement {
  const { title, advice } = describeProblem(error, { subject: "command", isAction: true });
  return (
    <p className="run-failure" role="alert">
      {title}. {advice}
    </p>
  );
}
