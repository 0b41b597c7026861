import type { ReactElement } from "react";
import { useElapsedMs, type SandboxReadiness } from "@miosa/react";
import { formatDuration } from "../ui/duration.js";
import type { BootReport, BootStep } from "./bootReport.js";

const words: Readonly<Record<string, string>> = {
  allocating: "Allocate",
  isolating: "Isolate",
  starting_agent: "Start agent",
  checking: "Self-test",
};

interface BootTimelineProps {
  report: BootReport;
  /** Says whether the boot is over, and how long one has waited for it. */
  readiness: SandboxReadiness;
}

/** Which part of a boot took how long, or takes: each step as a bar that begins where the one before it ended. */
export function BootTimeline({ report: { steps, totalMs, isWarm }, readiness }: BootTimelineProps): ReactElement | null {
  const waitedMs = useElapsedMs(readiness, { intervalMs: 250 });
  const isUnderWay = !readiness.isFinal;
  if (steps.length === 0) {
    return isWarm && !isUnderWay ? <p className="hint">It came from the warm pool: the server had booted it before you asked.</p> : null;
  }
  const endMs = Math.max(totalMs ?? 0, isUnderWay ? waitedMs : 0, ...steps.map(({ startMs, tookMs }) => startMs + (tookMs ?? 0)), 1);
  return (
    <div className="boot">
      <h4 id="boot-title">Boot timeline</h4>
      <ol className="boot-steps" aria-labelledby="boot-title">
        {steps.map((step) => (
          <li key={step.phase} aria-current={isUnderWay && step.tookMs === null ? "step" : undefined}>
            <span className="boot-word">{words[step.phase] ?? plain(step.phase)}</span>
            <span className="boot-lane" aria-hidden="true">
              <span className="boot-bar" data-open={step.tookMs === null} style={placeOf(step, endMs)} />
            </span>
            <span className="number">
              {step.tookMs !== null ? formatDuration(step.tookMs) : isUnderWay ? "under way" : "not past it"}
              <span className="visually-hidden">, from {formatDuration(step.startMs)}</span>
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** `warming_up` as `Warming up`. */
function plain(phase: string): string {
  const text = phase.replaceAll("_", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function placeOf({ startMs, tookMs }: BootStep, endMs: number): { marginInlineStart: string; width: string } {
  const share = (ms: number): string => `${Math.min(100, (ms / endMs) * 100)}%`;
  return { marginInlineStart: share(startMs), width: tookMs === null ? share(Math.max(0, endMs - startMs)) : share(tookMs) };
}
