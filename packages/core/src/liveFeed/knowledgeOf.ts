import { eventTypes } from "@miosa/protocol";
import type { Sandbox } from "../computers/types.js";
import type { MiosaEvent } from "../events/types.js";
import { asString } from "../guards.js";
import { eventOfReadiness, sandboxFailure } from "../readiness/readinessOutcomes.js";
import type { Readiness } from "../readiness/types.js";
import type { Knowledge } from "./feedSnapshot.js";

/** What an event says for sure about its sandbox. `"check"` where it only hints: a running sandbox may be ready. */
export function knowledgeOfEvent(event: MiosaEvent): Knowledge | "check" | undefined {
  const reason = asString(event["error"]) ?? asString(event["reason"]);
  switch (event.type) {
    case eventTypes.sandboxReady:
      return { kind: "ready", readyAt: asString(event["readyAt"]) ?? event.at };
    case eventTypes.sandboxError:
      return { kind: "failed", error: sandboxFailure(event.resourceId, false, reason, event) };
    case eventTypes.sandboxDestroyed:
      return { kind: "failed", error: sandboxFailure(event.resourceId, true, reason, event) };
    case eventTypes.sandboxRunning:
    case eventTypes.sandboxResumed:
      return "check";
    default:
      return undefined;
  }
}

/** What a readiness answer says. */
export function knowledgeOfReadiness(readiness: Readiness): Knowledge {
  const event = eventOfReadiness(readiness);
  if (event.type === "saidReady") return { kind: "ready", readyAt: event.readyAt };
  return event.type === "saidFailed" ? { kind: "failed", error: event.error } : { kind: "booting" };
}

/** What a list row says for sure; undefined where only the readiness probe can tell: a running state is no promise. */
export function knowledgeOfRow(row: Sandbox): Knowledge | undefined {
  if (row.state === "error") {
    return { kind: "failed", error: sandboxFailure(row.id, false, asString(row["error"]) ?? asString(row["reason"]), row) };
  }
  if (row["ready"] === true) return { kind: "ready", readyAt: asString(row["readyAt"]) ?? null };
  if (row["ready"] === false || row.state === "creating" || row.state === "starting") return { kind: "booting" };
  return undefined;
}
