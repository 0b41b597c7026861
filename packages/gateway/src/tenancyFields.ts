import { Denial } from "./denial.js";
import type { GatewaySession } from "./session.js";
import { isLabel } from "./session.js";
import { isRecord } from "./wire.js";

/** Labels that say whose a resource is. The gateway sets them; no browser does. */
const attributionFields = ["external_workspace_id", "external_user_id", "external_project_id"] as const;

/** Names with which a request could reach beyond its tenant: canonical ownership, and references to others' things. */
const reachingFields = new Set([
  "tenant",
  "tenant_id",
  "org",
  "org_id",
  "organization",
  "organization_id",
  "workspace_id",
  "workspace_slug",
  "workspace_name",
  "project_id",
  "project_slug",
  "project_name",
  "owner",
  "owner_id",
  "account_id",
  "customer_id",
  "user_id",
  "snapshot_id",
  "from_snapshot",
  "image_id",
  "source_id",
  "volume_id",
  "agent_runtime_profile_id",
  "skip_agent_runtime_profile",
  "allow_provision",
  "_method",
]);

/** Fields that a browser may set on what it creates; the platform may add to them. Contract 2.2 and 4.3. */
const createFields = new Set([
  "name",
  "slug",
  "template_type",
  "template_id",
  "size",
  "cpu_count",
  "memory_mb",
  "disk_size_mb",
  "disk_mb",
  "timeout_sec",
  "idle_timeout_sec",
  "persistent",
  "always_on",
  "env",
  "entrypoint",
  "readiness_probe",
  "metadata",
  "tags",
  "visibility",
]);

const isAttribution = (name: string): boolean => attributionFields.some((field) => field === name);

/** True for a name with which a request could claim another owner or reach for somebody else's thing. */
export function reachesOut(name: string): boolean {
  const plain = name.toLowerCase().replaceAll("-", "_");
  return reachingFields.has(plain) || plain.startsWith("external_");
}

/** Refuses a body of a request about one resource that tries to move it, or names things of others. */
export function checkResourceFields(body: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(body)) {
    if (reachesOut(name)) throw refusedField(name);
  }
  checkMetadata(body);
}

/** The body of a create: what the browser may choose, and the session's attribution over whatever it claimed. */
export function attributedBody(
  body: Readonly<Record<string, unknown>>,
  session: GatewaySession,
  extraFields: readonly string[],
): Record<string, unknown> {
  for (const name of Object.keys(body)) {
    const isAllowed = createFields.has(name) || isAttribution(name) || extraFields.includes(name);
    if (!isAllowed) throw refusedField(name);
  }
  checkMetadata(body);
  for (const field of attributionFields) {
    const label = body[field];
    if (label !== undefined && label !== null && !isLabel(label)) throw refusedField(field);
  }
  return {
    ...body,
    ...(!session.operator && { external_workspace_id: session.externalWorkspaceId }),
    ...(session.externalUserId !== undefined && { external_user_id: session.externalUserId }),
  };
}

/** An older form of the API read the attribution from there. Contract 8, C13. */
function checkMetadata(body: Readonly<Record<string, unknown>>): void {
  const metadata = body["metadata"];
  if (!isRecord(metadata)) return;
  for (const name of Object.keys(metadata)) {
    if (isAttribution(name) || name === "tenant_id") throw refusedField(`metadata.${name}`);
  }
}

function refusedField(name: string): Denial {
  return new Denial(422, "VALIDATION_ERROR", "The request body has a field that may not be set here.", {
    details: { field: name.slice(0, 64) },
  });
}
