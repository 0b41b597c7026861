import type { ReactElement } from "react";
import type { Status } from "./status.js";

/** A status as a shape and a word. */
export function StatusMark({ status }: { status: Status }): ReactElement {
  return (
    <span className="status" data-tone={status.tone}>
      <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
        <Shape tone={status.tone} />
      </svg>
      {status.word}
    </span>
  );
}

function Shape({ tone }: { tone: Status["tone"] }): ReactElement {
  switch (tone) {
    case "good":
      return <circle cx="6" cy="6" r="4.5" fill="currentColor" />;
    case "waiting":
      return <circle className="turning" cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="2" pathLength="100" strokeDasharray="70 30" />;
    case "idle":
      return <rect x="2.5" y="2.5" width="7" height="7" rx="1" fill="none" stroke="currentColor" strokeWidth="1.75" />;
    case "late":
      return <path d="M6 1.2 10.8 6 6 10.8 1.2 6z" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinejoin="round" />;
    case "bad":
      return <path d="M6 1 11.4 10.6H.6z" fill="currentColor" />;
  }
}
