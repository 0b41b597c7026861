import type { ReactElement } from "react";
import { Icon } from "../ui/Icon.js";
import type { Power } from "./usePower.js";

/** One button for both ways, so that the focus stays on it while the sandbox changes over. */
export function PowerButton({ power: { action, isBusy, perform } }: { power: Power }): ReactElement | null {
  if (action === null) return null;
  return (
    <button type="button" className="button" aria-disabled={isBusy} onClick={perform}>
      <Icon name={action === "start" ? "play" : "stop"} />
      {action === "start" ? "Start" : "Stop"}
    </button>
  );
}
