import { useState, type ReactElement, type ReactNode } from "react";
import { describeProblem, type Subject } from "./describeProblem.js";
import { RetryButton } from "./RetryButton.js";

interface ProblemProps {
  error: unknown;
  /** Tries again what failed. */
  onRetry?: (() => void) | undefined;
  /** `page` fills an empty pane, `banner` stands in a card, `bar` spans the whole dashboard. */
  as?: "page" | "banner" | "bar";
  /** What was asked for. @default "sandbox" */
  subject?: Subject;
  /** True for what someone did: the page does not try it again by itself. @default false */
  isAction?: boolean;
  /** Other ways out, such as a link to the list. */
  children?: ReactNode;
}

/** Shows what went wrong and what to do; a pause that the server asked for counts down. */
export function Problem({ error, onRetry, as = "page", subject, isAction, children }: ProblemProps): ReactElement {
  const problem = describeProblem(error, { subject, isAction });
  const [{ turn, shown }, setShown] = useState({ turn: 0, shown: error });
  // Another error begins another pause.
  if (shown !== error) setShown({ turn: turn + 1, shown: error });
  return (
    <div role="alert" className={`problem ${as}`} data-kind={problem.kind}>
      <div className="problem-text">
        <p className="problem-title">{problem.title}</p>
        <p className="problem-advice">{problem.advice}</p>
        {problem.requestId !== null && <p className="problem-request">Request {problem.requestId}</p>}
      </div>
      <div className="actions">
        {onRetry !== undefined && problem.canRetry && (
          <RetryButton key={turn} waitMs={problem.waitMs ?? 0} onRetry={onRetry} />
        )}
        {children}
      </div>
    </div>
  );
}
