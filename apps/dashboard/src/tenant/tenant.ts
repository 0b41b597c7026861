/** Whose dashboard this is: read from `/tenant.json`, so that one build serves every brand. */
export interface Tenant {
  /** Brand name in the header and the page title. */
  name: string;
  /** Brand colour, `#rrggbb`. Shades that are legible on light and dark ground are derived from it. */
  accent: string;
  /** Address of a logo to show in place of the monogram. */
  logoUrl: string | null;
  /** What the platform calls the three attribution ids. */
  attributionLabels: { workspace: string; user: string; project: string };
  /** How long the page waits for a sandbox before it calls it late, in milliseconds. */
  readyTimeoutMs: number;
}

/** What stands where `/tenant.json` is silent. */
export const defaultTenant: Tenant = {
  name: "Sandboxes",
  accent: "#0e5a6b",
  logoUrl: null,
  attributionLabels: { workspace: "Customer", user: "User", project: "Project" },
  readyTimeoutMs: 30_000,
};

/** Reads a tenant from parsed JSON; a member that is missing or of the wrong kind takes its default. */
export function tenantFromJson(json: unknown): Tenant {
  const given = membersOf(json);
  const labels = membersOf(given["attributionLabels"]);
  const { attributionLabels } = defaultTenant;
  return {
    name: text(given["name"]) ?? defaultTenant.name,
    accent: colour(given["accent"]) ?? defaultTenant.accent,
    logoUrl: text(given["logoUrl"]) ?? null,
    attributionLabels: {
      workspace: text(labels["workspace"]) ?? attributionLabels.workspace,
      user: text(labels["user"]) ?? attributionLabels.user,
      project: text(labels["project"]) ?? attributionLabels.project,
    },
    readyTimeoutMs: positive(given["readyTimeoutMs"]) ?? defaultTenant.readyTimeoutMs,
  };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function colour(value: unknown): string | undefined {
  return typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value) ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}
