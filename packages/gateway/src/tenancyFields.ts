import { Denial } from "./denial.js";
import type { GatewaySession } from "./session.js";
import { isLabel } from "./session.js";
import { isRecord } from "./wire.js";

/** Labels that say whose a resource is. The gateway sets them; no browser does. */
const attributionFields = ["external_workspace_id", "external_user_id", "external_project_id"] as const;

/** Names with which a request could reach beyond its tenant: canonical ownership, and references to others' things. As `plainName` writes them. */
const reachingFields = new Set([
  "tenant",
  "tenantid",
  "org",
  "orgid",
  "organization",
  "organizationid",
  "workspaceid",
  "workspaceslug",
  "workspacename",
  "projectid",
  "projectslug",
  "projectname",
  "owner",
  "ownerid",
  "accountid",
  "customerid",
  "userid",
  "snapshotid",
  "fromsnapshot",
  "imageid",
  "sourceid",
  "volumeid",
  "agentruntimeprofileid",
  "skipagentruntimeprofile",
  "allowprovision",
  "method",
]);

/** Members of a resource's metadata that would say whose it is. As `plainName` writes them. */
const claimingMetadata = new Set(["externalworkspaceid", "externaluserid", "externalprojectid", "tenantid"]);

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
  const plain = plainName(name);
  return reachingFields.has(plain) || plain.startsWith("external");
}

/** A name without what servers overlook in one: `workspaceId`, `Workspace-ID` and `workspace_id[]` may be the same to the API. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
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
    if (claimingMetadata.has(plainName(name))) throw refusedField(`metadata.${name}`);
  }
}

function refusedField(name: string): Denial {
  return new Denial(422, "VALIDATION_ERROR", "The request body has a field that may not be set here.", {
    details: { field: name.slice(0, 64) },
  });
}
