import type { ReactElement } from "react";
import type { ExecResult } from "@miosa/core";
import { useElapsedMs } from "@miosa/react";
import { describeProblem } from "../problems/describeProblem.js";
import { formatDuration } from "../ui/duration.js";
import type { Run } from "./Runs.js";

/** Longest output that is put on the page, in characters; more would make it crawl. */
const shownChars = 60_000;

/** One command with what it printed, on which stream, and how it ended. */
export function RunEntry({ run }: { run: Run }): ReactElement {
  const isRunning = run.phase === "running";
  const { startedAtMs } = run;
  const elapsedMs = useElapsedMs({ startedAtMs, elapsedMs: isRunning ? null : run.endedAtMs - startedAtMs });
  return (
    <li className="run" data-phase={run.phase}>
      <p className="run-command">
        <span aria-hidden="true" className="prompt">$ </span>
        <code>{run.command}</code>
      </p>
      {run.phase === "done" && <Output result={run.result} />}
      {run.phase === "failed" && <Failure error={run.error} />}
      <p className="run-end">
        <End run={run} />
        <span className="number" aria-hidden={isRunning}>{formatDuration(elapsedMs)}</span>
      </p>
    </li>
  );
}

function End({ run }: { run: Run }): ReactElement {
  switch (run.phase) {
    case "running":
      return <span className="run-state">Running</span>;
    case "cancelled":
      return <span className="run-state">Cancelled</span>;
    case "failed":
      return <span className="run-state bad">Not run to its end</span>;
    case "done":
      return <span className={run.result.exitCode === 0 ? "run-state good" : "run-state bad"}>Exit code {run.result.exitCode}</span>;
  }
}

function Output({ result }: { result: ExecResult }): ReactElement {
  const { stdout, stderr, output } = result;
  // Some servers send both streams as one and leave stdout empty.
  const printed = stdout === "" && stderr === "" ? output : stdout;
  if (printed === "" && stderr === "") return <p className="run-note">No output</p>;
  return (
    <>
      {printed !== "" && <Printed text={printed} label="Output" />}
      {stderr !== "" && <Printed text={stderr} label="Standard error" />}
    </>
  );
}

function Printed({ text, label }: { text: string; label: "Output" | "Standard error" }): ReactElement {
  const hidden = text.length - shownChars;
  return (
    <div className="printed" data-stream={label === "Output" ? "stdout" : "stderr"} role="group" aria-label={label}>
      {label === "Standard error" && <p className="run-note" aria-hidden="true">stderr</p>}
      {hidden > 0 && <p className="run-note">{hidden.toLocaleString()} earlier characters are not shown</p>}
      <pre>{hidden > 0 ? text.slice(-shownChars) : text}</pre>
    </div>
  );
}

function Failure({ error }: { error: unknown }): ReactElement {
  const { title, advice } = describeProblem(error);
  return (
    <p className="run-failure" role="alert">
      {title}. {advice}
    </p>
  );
}
