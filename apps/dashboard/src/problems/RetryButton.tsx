import { useState, type ReactElement } from "react";
import { formatDuration } from "../ui/duration.js";
import { Icon } from "../ui/Icon.js";
import { useNow } from "../ui/useNow.js";

/** Tries again; while a pause that the server asked for lasts, counted from the first render, it says how long and waits. */
export function RetryButton({ waitMs, onRetry }: { waitMs: number; onRetry: () => void }): ReactElement {
  const nowMs = useNow(250, waitMs > 0);
  const [startedMs] = useState(nowMs);
  const leftMs = Math.max(0, startedMs + waitMs - nowMs);
  return (
    <button type="button" className="button" onClick={onRetry} disabled={leftMs > 0}>
      <Icon name="retry" />
      {leftMs > 0 ? (
        <span className="number">Try again in {leftMs < 60_000 ? `${Math.ceil(leftMs / 1000)} s` : formatDuration(leftMs)}</span>
      ) : (
        "Try again"
      )}
    </button>
  );
}
