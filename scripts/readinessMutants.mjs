// Ways to break one cell of the readiness machine's table.

const phases = ["connecting", "streaming", "checking", "pausing", "ready", "timedOut", "failed"];

/** The cell that an event in a state falls into; failures have one for each kind. */
export function cellOf(state, event) {
  return `${event.type}${event.failure ? ` (${event.failure.kind})` : ""} while ${state.phase}`;
}

/** Names of the ways to break a cell whose unbroken result is known. Each yields something else than that result. */
export function mutantsOf(state, unbroken) {
  const wrongPhases = phases.filter((phase) => phase !== unbroken.phase).map((phase) => `leads to ${phase}`);
  if (unbroken === state) return ["copies the state", ...wrongPhases];
  const members = Object.keys(unbroken).filter((member) => member !== "phase");
  return ["changes nothing", ...wrongPhases, ...members.map((member) => `gets ${member} wrong`)];
}

/** What a broken cell yields. */
export function applyMutant(name, state, unbroken, clock) {
  if (name === "changes nothing") return state;
  if (name === "copies the state") return { ...state };
  const [, phase] = /^leads to (\w+)$/.exec(name) ?? [];
  if (phase) return { ...state, ...unbroken, ...membersOf(phase, clock), phase };
  const [, member] = /^gets (\w+) wrong$/.exec(name) ?? [];
  if (member) return { ...unbroken, [member]: wrong(unbroken[member]) };
  throw new Error(`There is no mutant "${name}".`);
}

function membersOf(phase, { nowMs }) {
  switch (phase) {
    case "streaming":
      return { openedAtMs: nowMs };
    case "pausing":
      return { untilMs: nowMs, askedBy: null };
    case "ready":
      return { readyAt: null };
    case "timedOut":
      return { reason: null, lastError: undefined };
    case "failed":
      return { error: new Error("wrong") };
    default:
      return {};
  }
}

function wrong(value) {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (value instanceof Error) return undefined;
  return value === "stream" ? "poll" : "stream";
}
