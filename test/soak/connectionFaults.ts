import type { ByteFault, ConnectionFaults, SeededRandom } from "@miosa/local/testing";
import type { ConnectionTrouble } from "./schedule.js";

/** An answer of the origin has its first event or its body before this many bytes. */
const reachedBytes = 420;

/** Puts a trouble at certain bytes of a connection. What a client sends is never altered: a broken request is no fault of the network. */
export function createConnectionFaults(trouble: ConnectionTrouble, random: SeededRandom): ConnectionFaults {
  const at = random.chance(0.2) ? 0 : random.integer(0, reachedBytes);
  const sizeBytes = random.integer(1, 60);
  const isQuestion = random.chance(0.25);
  switch (trouble) {
    case "none":
      return {};
    case "split":
      return split(random, at);
    case "delay": {
      const fault: ByteFault = { kind: "delay", at, delayMs: random.integer(5, 250) };
      return isQuestion ? { toServer: [fault] } : { toClient: [fault, ...(split(random, at).toClient ?? [])] };
    }
    case "stall":
    case "reset":
    case "cut":
    case "halfClose":
      return isQuestion ? { toServer: [{ kind: trouble, at: random.integer(0, 150) }] } : { toClient: [{ kind: trouble, at }] };
    case "drop":
    case "duplicate":
      return { toClient: [{ kind: trouble, at, sizeBytes }] };
  }
}

function split(random: SeededRandom, at: number): { toClient: ByteFault[] } {
  return { toClient: [{ kind: "split", at, everyBytes: random.pick([1, 2, 7, 64]) }] };
}
