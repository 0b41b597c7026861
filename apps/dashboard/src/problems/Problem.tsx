import { useState, type ReactElement, type ReactNode } from "react";
import { formatDuration } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import { useNow } from "../ui/useNow.js";
import { describeProblem } from "./describeProblem.js";

interface ProblemProps {
  error: unknown;
  /** Tries again what failed. */
  onRetry?: (() => void) | undefined;
  /** `page` fills an empty pane, `banner` stands above something that is still shown. */
  as?: "page" | "banner";
  /** Other ways out, such as a link to the list. */
  children?: ReactNode;
}

/** Shows what went wrong and what to do; a pause that the server asked for counts down. */
export function Problem({ error, onRetry, as = "page", children }: ProblemProps): ReactElement {
  const problem = describeProblem(error);
  const waitLeftMs = useTimeLeft(error, problem.waitMs);
  return (
    <div role="alert" className={`problem ${as}`} data-kind={problem.kind}>
      <p className="problem-title">{problem.title}</p>
      <p className="problem-advice">{problem.advice}</p>
      {problem.requestId !== null && <p className="problem-request">Request {problem.requestId}</p>}
      <div className="actions">
        {onRetry !== undefined && problem.canRetry && (
          <button type="button" className="button" onClick={onRetry} disabled={waitLeftMs > 0}>
            <Icon name="retry" />
            {waitLeftMs > 0 ? <>Try again in <Seconds ms={waitLeftMs} /></> : "Try again"}
          </button>
        )}
        {children}
      </div>
    </div>
  );
}

function Seconds({ ms }: { ms: number }): ReactElement {
  const text = ms < 60_000 ? `${Math.ceil(ms / 1000)} s` : formatDuration(ms);
  return <span aria-live="off" className="number">{text}</span>;
}

/** What is left of a pause that began when this error was first shown. */
function useTimeLeft(error: unknown, waitMs: number | null): number {
  const [shown, setShown] = useState(() => ({ error, atMs: Date.now() }));
  if (shown.error !== error) setShown({ error, atMs: Date.now() });
  const endMs = shown.atMs + (waitMs ?? 0);
  const now = useNow(500, waitMs !== null && Date.now() < endMs);
  return Math.max(0, endMs - now);
}
