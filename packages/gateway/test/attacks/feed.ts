/** What a browser asks of the event feed, and which of the events it may see. */
export interface FeedAttack {
  name: string;
  as: string;
  query?: string;
  /** Data of the events that the API sends, in order, each with a type and an id. */
  events: readonly Record<string, unknown>[];
  /** Ids of the events that arrive. */
  sees: readonly string[];
}

const ready = (id: string, more: Record<string, unknown> = {}) => ({ type: "sandbox.ready", id, ...more });
const everyone = ["acme-1", "acme-2", "acme-3", "globex-1", "globex-2", "orphan-1", "ghost"].map((id) => ready(id));
const signed = (id: string, workspace: unknown, user: unknown = null) => ready(id, { external_workspace_id: workspace, external_user_id: user });

export const feedAttacks: readonly FeedAttack[] = [
  { name: "follows the feed as a user of acme", as: "ann", events: everyone, sees: ["acme-1", "acme-2", "acme-3"] },
  { name: "follows the feed as a user of globex", as: "gil", events: everyone, sees: ["globex-1", "globex-2"] },
  { name: "follows the feed as a user of a tenant with nothing", as: "newcomer", events: everyone, sees: [] },
  { name: "follows the feed where users are apart", as: "private", events: everyone, sees: ["acme-1"] },
  { name: "follows the feed with a session limited to certain sandboxes", as: "limited", events: everyone, sees: ["acme-1"] },
  { name: "asks the feed for every type", as: "ann", query: "?types=*", events: everyone, sees: ["acme-1", "acme-2", "acme-3"] },
  { name: "asks the feed for another tenant", as: "ann", query: "?external_workspace_id=globex", events: everyone, sees: ["acme-1", "acme-2", "acme-3"] },
  { name: "asks the feed for one type", as: "ann", query: "?types=computer.*", events: [ready("acme-1"), { type: "computer.running", id: "acme-2" }, { type: "computer.running", id: "globex-1" }], sees: ["acme-2"] },
  { name: "hears of the platform's deployments", as: "ann", events: [{ type: "deployment.live", id: "acme-1", url: "https://SECRET-globex-1" }, { type: "webhook.delivered", id: "acme-1" }], sees: [] },
  { name: "hears of events that say whose they are", as: "ann", events: [signed("new-1", "acme"), signed("new-2", "globex"), signed("acme-1", "globex")], sees: ["new-1"] },
  { name: "hears of events tagged with something that is no tenant", as: "ann", events: [signed("ghost", ["acme"]), signed("ghost", null), signed("ghost", "")], sees: [] },
  { name: "hears of a colleague's by events that say whose they are", as: "private", events: [signed("new-1", "acme", "bob"), signed("new-2", "acme", "ann")], sees: ["new-2"] },
  { name: "hears of events that say half of whose they are", as: "private", events: [ready("acme-1", { external_workspace_id: "acme" }), ready("acme-2", { external_workspace_id: "acme" })], sees: ["acme-1"] },
  { name: "hears of a foreign sandbox by events that say half of whose they are", as: "ann", events: [ready("globex-1", { external_workspace_id: "acme" })], sees: [] },
  { name: "hears of ids that are none", as: "ann", events: [ready("../acme-1"), ready("acme-1/readiness"), ready(""), { type: "sandbox.ready" }, { type: "sandbox.ready", id: 7 }], sees: [] },
  { name: "hears of types that are none", as: "ann", events: [{ type: "sandbox.ready\nid: 9", id: "acme-1" }, { type: "", id: "acme-1" }, { type: "sandboxready", id: "acme-1" }], sees: [] },
];

/** Filters that are refused before anything is opened. */
export const feedRefusals: readonly (readonly [name: string, query: string])[] = [
  ["a pattern with many stars", "?types=*a*b*c*d"],
  ["a pattern that is a regular expression", "?types=(a%2B)%2B"],
  ["hundreds of patterns", `?types=${"sandbox.*,".repeat(100)}x`],
  ["a tenant by another name", "?tenant_id=ten_2"],
  ["a workspace", "?workspace_id=ws_2"],
  ["a ticket", "?ticket=sset_1"],
  ["two filters", "?types=a&types=b"],
];
