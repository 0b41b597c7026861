import { isObject } from "../isObject.js";
import { type SandboxRecord, sizes } from "../sandboxes/sandboxRecord.js";

/** Whose run it is, and of what size. */
export type UsageSubject = Pick<SandboxRecord, "id" | "tenantId" | "templateType" | "size" | "attribution">;

/** One run of a sandbox or computer, from ready to its end. */
export interface UsageSession {
  readonly id: string;
  readonly record: UsageSubject;
  readonly startedAt: number;
  endedAt?: number;
}

/** A run as it is written down. */
export type SavedSession = UsageSession;

/** The run as it is now, to be written down. */
export function toSavedSession({ record, ...session }: UsageSession): SavedSession {
  const { id, tenantId, templateType, size, attribution } = record;
  return { ...session, record: { id, tenantId, templateType, size, attribution } };
}

/** True for what {@link toSavedSession} has made. */
export function isSavedSession(value: unknown): value is SavedSession {
  if (!isObject(value)) return false;
  const { id, record, startedAt, endedAt } = value;
  return typeof id === "string" && typeof startedAt === "number" && (endedAt === undefined || typeof endedAt === "number") && isSubject(record);
}

function isSubject(value: unknown): value is UsageSubject {
  if (!isObject(value)) return false;
  const { id, tenantId, templateType, size, attribution } = value;
  const isNamed = typeof id === "string" && typeof tenantId === "string" && (templateType === null || typeof templateType === "string");
  if (!isNamed || typeof size !== "string" || !Object.hasOwn(sizes, size) || !isObject(attribution)) return false;
  return ["external_workspace_id", "external_user_id", "external_project_id"].every((name) => attribution[name] === null || typeof attribution[name] === "string");
}
