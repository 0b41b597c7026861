import { useEffect, useRef, type ReactElement } from "react";
import type { ReadinessSource, Sandbox } from "@miosa/core";
import { useElapsedMs, type SandboxReadiness } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { StatusMark } from "../sandboxes/StatusMark.js";
import { nameOf, statusOfPhase } from "../sandboxes/status.js";
import { useAnnounce } from "../ui/Announcer.js";
import { formatDuration } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import type { BootReport } from "./bootReport.js";
import { BootTimeline } from "./BootTimeline.js";

const steps = ["connecting", "booting", "ready"] as const;
const stepWords = { connecting: "Connect", booting: "Boot", ready: "Ready" } as const;

const sourceWords: Record<ReadinessSource, string> = {
  feed: "Live feed",
  stream: "Live stream",
  poll: "Polling",
};

const sourceNotes: Record<ReadinessSource, string> = {
  feed: "The server tells this page the moment the sandbox is ready.",
  stream: "The server tells this page the moment the sandbox is ready.",
  poll: "There is no live stream at the moment, so the page keeps asking.",
};

interface ReadinessPanelProps {
  sandbox: Sandbox;
  readiness: SandboxReadiness;
  /** How the boot goes or went, as far as that is known. */
  boot: BootReport | null;
  /** Boots a sandbox that failed once more; null where waiting on is all that can be done. */
  restart: (() => void) | null;
}

/** How far a sandbox is on its way to ready, how the page knows, and how long it has taken. */
export function ReadinessPanel({ sandbox, readiness, boot, restart }: ReadinessPanelProps): ReactElement {
  const { phase, source, error, retry } = readiness;
  const isWaiting = !readiness.isFinal;
  useSpokenPhase(sandbox, readiness);
  return (
    <section className="card readiness" aria-labelledby="readiness-title" data-phase={phase}>
      <header className="card-head">
        <h3 id="readiness-title">Readiness</h3>
        <StatusMark status={statusOfPhase(phase)} />
      </header>
      <Track phase={phase} />
      <dl className="figures">
        <div>
          <dt>{isWaiting ? "Waiting for" : "Waited"}</dt>
          <dd className="number">
            <Elapsed readiness={readiness} />
          </dd>
        </div>
        <div>
          <dt>Followed by</dt>
          <dd title={source === null ? undefined : sourceNotes[source]}>{source === null ? "–" : sourceWords[source]}</dd>
        </div>
        {readiness.isReady && boot !== null && boot.totalMs !== null && (
          <div>
            <dt>Boot time</dt>
            <dd className="number">{formatDuration(boot.totalMs)}</dd>
          </div>
        )}
      </dl>
      {boot !== null && <BootTimeline report={boot} readiness={readiness} />}
      {source === "poll" && isWaiting && <p className="hint">{sourceNotes.poll}</p>}
      {phase === "timedOut" && (
        <div className="callout" data-tone="late">
          <p>It was not ready in time. It may still be booting.</p>
          <button type="button" className="button" onClick={retry}>
            <Icon name="retry" />
            Keep waiting
          </button>
        </div>
      )}
      {phase === "failed" && <Problem error={error} as="banner" onRetry={restart ?? retry} />}
    </section>
  );
}

/** The one part that renders as time passes. */
function Elapsed({ readiness }: { readiness: SandboxReadiness }): ReactElement {
  return <>{formatDuration(useElapsedMs(readiness))}</>;
}

function Track({ phase }: { phase: SandboxReadiness["phase"] }): ReactElement {
  const at = phase === "ready" ? 2 : phase === "connecting" ? 0 : 1;
  return (
    <ol className="track" aria-label="Progress" data-phase={phase}>
      {steps.map((step, index) => {
        const state = index < at || phase === "ready" ? "done" : index === at ? "current" : "ahead";
        return (
          <li key={step} data-state={state} aria-current={state === "current" ? "step" : undefined}>
            <span className="track-bar" />
            {stepWords[step]}
          </li>
        );
      })}
    </ol>
  );
}

/** Says a change of phase aloud; the phase on arrival is read with the page. */
function useSpokenPhase(sandbox: Sandbox, { phase, elapsedMs }: SandboxReadiness): void {
  const announce = useAnnounce();
  const before = useRef({ id: sandbox.id, phase });
  useEffect(() => {
    const isChange = before.current.id === sandbox.id && before.current.phase !== phase;
    before.current = { id: sandbox.id, phase };
    if (!isChange || phase === "connecting") return;
    const after = phase === "ready" && elapsedMs !== null ? ` after ${formatDuration(elapsedMs)}` : "";
    announce(`${nameOf(sandbox)}: ${statusOfPhase(phase).word}${after}`);
  }, [announce, sandbox, phase, elapsedMs]);
}
