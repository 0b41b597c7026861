import { asString, isRecord } from "../guards.js";
import { ProtocolError } from "../errors.js";
import { camelize } from "../wire.js";
import type { Computer, ComputerState } from "./types.js";

const aliases: Readonly<Record<string, string>> = { provisioning: "creating", active: "running", failed: "error" };
/** The states that a computer can be told in, `unknown` apart. */
export const computerStates: readonly ComputerState[] = [
  "creating",
  "starting",
  "running",
  "snapshotting",
  "paused",
  "stopping",
  "stopped",
  "error",
  "destroying",
  "destroyed",
];

/** The canonical state for any of the API's spellings. Contract 6.2. */
export function canonicalState(status: string): ComputerState {
  const name = status.toLowerCase();
  return computerStates.find((state) => state === (aliases[name] ?? name)) ?? "unknown";
}

/** Reads a computer or native sandbox off the wire. Throws a ProtocolError when it has no id. */
export function computerFromWire(wire: Readonly<Record<string, unknown>>): Computer {
  const id = asString(wire["id"]);
  if (!id) throw new ProtocolError("The server sent a computer without an id.", { code: "INVALID_RESPONSE" });
  const status = asString(wire["status"]) ?? asString(wire["state"]) ?? "";
  return {
    ...camelize(wire),
    id,
    name: asString(wire["name"]) ?? null,
    state: canonicalState(status),
    status,
    templateType: asString(wire["template_type"]) ?? asString(wire["template_id"]) ?? null,
    size: asString(wire["size"]) ?? null,
    metadata: isRecord(wire["metadata"]) ? wire["metadata"] : {},
    externalWorkspaceId: asString(wire["external_workspace_id"]) ?? null,
    externalUserId: asString(wire["external_user_id"]) ?? null,
    externalProjectId: asString(wire["external_project_id"]) ?? null,
    createdAt: asString(wire["created_at"]) ?? asString(wire["inserted_at"]) ?? null,
    updatedAt: asString(wire["updated_at"]) ?? null,
  };
}
