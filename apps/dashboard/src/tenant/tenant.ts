/** Someone that the server offers to sign in as. Only the demo that `npm start` starts has such a list. */
export interface Account {
  /** What the sign-in calls it. */
  id: string;
  userName: string;
  /** Brand name and colour of the customer that the user belongs to. */
  name: string;
  accent: string;
  /** True for the one that is signed in. */
  isCurrent: boolean;
}

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
  /** The customer's id that the gateway puts on everything; null where the server does not say, or whoever is signed in chooses. */
  externalWorkspaceId: string | null;
  /** Who is signed in, where the server says so; `id` is what the gateway puts on everything they create. */
  user: { id: string | null; name: string } | null;
  /** Whom one can switch to; empty anywhere but in the demo. */
  accounts: readonly Account[];
}

/** What stands where `/tenant.json` is silent. */
export const defaultTenant: Tenant = {
  name: "Sandboxes",
  accent: "#0e5a6b",
  logoUrl: null,
  attributionLabels: { workspace: "Customer", user: "User", project: "Project" },
  readyTimeoutMs: 30_000,
  externalWorkspaceId: null,
  user: null,
  accounts: [],
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
    externalWorkspaceId: text(given["externalWorkspaceId"]) ?? null,
    user: userFrom(membersOf(given["user"])),
    accounts: Array.isArray(given["accounts"]) ? given["accounts"].flatMap((account) => accountFrom(membersOf(account)) ?? []) : [],
  };
}

function userFrom(given: Record<string, unknown>): Tenant["user"] {
  const name = text(given["name"]);
  return name === undefined ? null : { id: text(given["id"]) ?? null, name };
}

/** An account without an id or a name could not be shown, and is left out. */
function accountFrom(given: Record<string, unknown>): Account | undefined {
  const [id, userName, name] = [text(given["id"]), text(given["userName"]), text(given["name"])];
  if (id === undefined || userName === undefined || name === undefined) return undefined;
  return { id, userName, name, accent: colour(given["accent"]) ?? defaultTenant.accent, isCurrent: given["isCurrent"] === true };
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
