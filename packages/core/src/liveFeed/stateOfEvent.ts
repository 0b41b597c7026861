import { canonicalState } from "../computers/computerFromWire.js";
import type { Sandbox } from "../computers/types.js";
import type { MiosaEvent } from "../events/types.js";
import { asString } from "../guards.js";

/** Event types whose last word is not the name of a state. */
const words: Readonly<Record<string, string>> = { created: "creating", ready: "running", resumed: "running" };

/**
 * The state that a sandbox is in after an event; undefined where the event does not tell, so that only asking can. The event's own
 * `status` says more than its type: a sandbox that was stopped is told of as `sandbox.paused`. Contract 5.3 and 6.2.
 */
export function stateOfEvent(event: MiosaEvent): Pick<Sandbox, "state" | "status"> | undefined {
  const [, name] = /^sandbox\.(\w+)$/.exec(event.type) ?? [];
  if (name === undefined) return undefined;
  const word = words[name] ?? name;
  if (canonicalState(word) === "unknown") return undefined;
  const told = asString(event["status"]) ?? word;
  const status = canonicalState(told) === "unknown" ? word : told;
  return { state: canonicalState(status), status };
}
