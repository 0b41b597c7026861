import type { ReactElement } from "react";
import { offline } from "./describeProblem.js";

/** Spans the dashboard while the browser has no connection; what was known stays below it. */
export function OfflineBar(): ReactElement {
  return (
    <div role="alert" className="problem bar" data-kind={offline.kind}>
      <div className="problem-text">
        <p className="problem-title">{offline.title}</p>
        <p className="problem-advice">{offline.advice}</p>
      </div>
    </div>
  );
}
