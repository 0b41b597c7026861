import type { Attribution } from "./session.js";

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One sandbox or computer as the API sent it, with what the gateway must know of it. */
export interface Resource {
  id: string;
  owner: Attribution;
  body: Record<string, unknown>;
}

/** Takes one resource out of any of the envelopes of contract 1.5. */
export function unwrapResource(body: unknown): Resource | undefined {
  if (!isRecord(body)) return undefined;
  for (const key of ["data", "computer", "sandbox"]) {
    const inner = body[key];
    if (isRecord(inner)) return readResource(inner);
  }
  return readResource(body);
}

/** Takes many resources out of any of the envelopes of contract 1.5. Undefined when there is no list in it. */
export function unwrapRows(body: unknown, keys: readonly string[]): { rows: unknown[]; beside: Record<string, unknown> } | undefined {
  if (Array.isArray(body)) return { rows: body, beside: {} };
  if (!isRecord(body)) return undefined;
  for (const key of keys) {
    const rows = body[key];
    if (Array.isArray(rows)) return { rows, beside: body };
  }
  return isRecord(body["data"]) ? unwrapRows(body["data"], keys) : undefined;
}

/** Reads the id and the attribution of one resource. */
export function readResource(body: unknown): Resource | undefined {
  if (!isRecord(body) || typeof body["id"] !== "string") return undefined;
  return { id: body["id"], owner: readAttribution(body), body };
}

/** Reads the attribution labels of a resource, an event or a row of a report. */
export function readAttribution(body: Readonly<Record<string, unknown>>): Attribution {
  const { external_workspace_id: workspace, external_user_id: user } = body;
  return {
    ...(typeof workspace === "string" && { externalWorkspaceId: workspace }),
    ...(typeof user === "string" && { externalUserId: user }),
  };
}
