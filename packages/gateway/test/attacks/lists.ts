import { expect } from "vitest";
import { send, type LeakyUpstream } from "../leakyUpstream.js";
import type { RawAnswer } from "../sendRaw.js";
import { answering, lookup, type Attack } from "./attack.js";

/** The ids in an answer, sorted. */
function idsIn({ body }: RawAnswer): string[] {
  return [...body.matchAll(/"(?:id|computer_id)":"([^"]+)"/g)].map((match) => match[1] ?? "").toSorted();
}

function lists(name: string, query: string, ids: readonly string[], more: Partial<Attack> = {}): Attack {
  return {
    name,
    path: `/api/miosa/computers${query}`,
    status: 200,
    reaches: ["GET /computers"],
    check: (answer, seen) => {
      expect(idsIn(answer)).toEqual(ids);
      expect(JSON.parse(answer.body)).toMatchObject({ meta: { total: ids.length }, page: { total: ids.length } });
      expect(seen[0]?.query.getAll("external_workspace_id")).toHaveLength(1);
    },
    ...more,
  };
}

const all = ["acme-1", "acme-2", "acme-3"];
const honours = (upstream: LeakyUpstream): void => {
  upstream.honoursFilters = true;
};

const listAttacks: readonly Attack[] = [
  lists("lists an API that knows no filter", "", all),
  lists("lists another tenant's", "?external_workspace_id=globex", all),
  lists("lists everyone's by an empty filter", "?external_workspace_id=", all),
  lists("lists everyone's by a star", "?external_workspace_id=*", all),
  lists("lists from an API that believes the filter it is sent", "?external_workspace_id=globex", all, { upstream: honours }),
  lists("lists as somebody of a tenant with nothing", "", [], { as: "newcomer" }),
  lists("lists where users are apart", "", ["acme-1"], { as: "private" }),
  lists("lists a colleague's where users are apart", "?external_user_id=bob", ["acme-1"], {
    as: "private",
    check: (answer, seen) => {
      expect(idsIn(answer)).toEqual(["acme-1"]);
      expect(seen[0]?.query.getAll("external_user_id")).toEqual(["ann"]);
    },
  }),
  lists("lists with a session limited to certain sandboxes", "", ["acme-1"], { as: "limited" }),
  lists("lists the other collection", "", all, { path: "/api/miosa/sandboxes", reaches: ["GET /sandboxes"] }),
  {
    name: "counts everyone's by the second page",
    path: "/api/miosa/computers?page=2&page_size=2",
    status: 200,
    reaches: ["GET /computers"],
    check: (answer) => {
      expect(idsIn(answer)).toEqual(["acme-3"]);
      expect(JSON.parse(answer.body)).toMatchObject({ meta: { total: 3, page: 2, per_page: 2 } });
    },
  },
  ...["tenant_id=ten_2", "workspace_id=ws_2", "project_id=p", "organization_id=o", "owner=gil", "external_org=x", "EXTERNAL_WORKSPACE_ID=globex", "external_workspace_id[]=globex", "externalWorkspaceId=globex", "workspaceId=ws_2", "TenantID=ten_2"].map(
    (query): Attack => ({ name: `lists by ${query}`, path: `/api/miosa/computers?${query}`, status: 400 }),
  ),
  ...["external_workspace_id=acme&external_workspace_id=globex", "page=1&page=2", "state=a&state=b"].map(
    (query): Attack => ({ name: `lists by the doubled ${query}`, path: `/api/miosa/computers?${query}`, status: 400 }),
  ),
  ...["page=0", "page=-1", "page=1.5", "page=x", "page_size=0"].map(
    (query): Attack => ({ name: `lists by ${query}`, path: `/api/miosa/computers?${query}`, status: 400 }),
  ),
  {
    name: "lists rows without an owner, without an id, and no rows at all",
    path: "/api/miosa/computers",
    upstream: answering(/^\/computers$/, (outgoing) =>
      send(outgoing, 200, { computers: [{ id: "orphan-1", secret: "SECRET-orphan-1" }, { external_workspace_id: "acme", secret: "SECRET-globex" }, "SECRET-globex", null] }),
    ),
    status: 200,
    reaches: ["GET /computers"],
    check: (answer) => expect(idsIn(answer)).toEqual([]),
  },
  {
    name: "is sent something that is no list",
    path: "/api/miosa/computers",
    upstream: answering(/^\/computers$/, (outgoing) => send(outgoing, 200, { globex: "SECRET-globex-1" })),
    status: 502,
    reaches: ["GET /computers"],
  },
];

const findAttacks: readonly Attack[] = [
  { name: "finds another tenant's sandbox by name", path: "/api/miosa/sandboxes/by-name/globex-1", status: 404, code: "NOT_FOUND", reaches: ["GET /sandboxes/by-name/globex-1"] },
  { name: "finds nobody's sandbox by name", path: "/api/miosa/sandboxes/by-name/ghost", status: 404, code: "NOT_FOUND", reaches: ["GET /sandboxes/by-name/ghost"] },
  { name: "finds an untagged sandbox by name", path: "/api/miosa/sandboxes/by-name/orphan-1", status: 404, reaches: ["GET /sandboxes/by-name/orphan-1"] },
  { name: "finds a sandbox outside its session by name", as: "limited", path: "/api/miosa/sandboxes/by-name/acme-2", status: 404, reaches: ["GET /sandboxes/by-name/acme-2"] },
  { name: "finds a colleague's by name where users are apart", as: "private", path: "/api/miosa/sandboxes/by-name/acme-2", status: 404, reaches: ["GET /sandboxes/by-name/acme-2"] },
  { name: "finds by name with another tenant in the query", path: "/api/miosa/sandboxes/by-name/acme-1?external_workspace_id=globex", status: 400 },
];

const sessionLookups = ["acme-1", "acme-2", "acme-3", "globex-1", "globex-2", "orphan-1"].map(lookup);

const usageAttacks: readonly Attack[] = [
  { name: "reads usage by user from an API that knows no filter", path: "/api/miosa/usage", status: 502, reaches: ["GET /usage", "GET /usage"] },
  { name: "reads usage by workspace from an API that knows no filter", path: "/api/miosa/usage?group_by=external_workspace_id", status: 200, reaches: ["GET /usage"], check: ({ body }) => expect(body).not.toContain("globex") },
  {
    name: "reads another tenant's usage",
    path: "/api/miosa/usage?external_workspace_id=globex",
    upstream: honours,
    status: 200,
    reaches: ["GET /usage", "GET /usage"],
    check: ({ body }) => {
      expect(body).toContain("SECRET-acme-1");
      expect(body).not.toContain('"total"');
    },
  },
  { name: "reads a summary of everyone's usage", path: "/api/miosa/usage/summary", status: 404, reaches: ["GET /usage/summary"] },
  { name: "reads everyone's sessions", path: "/api/miosa/usage/sessions", status: 200, reaches: ["GET /usage/sessions", ...sessionLookups], check: (answer) => expect(idsIn(answer)).toEqual(all) },
  { name: "reads the sessions of a foreign sandbox", path: "/api/miosa/usage/sessions?computer_id=globex-1", status: 404, reaches: [lookup("globex-1")] },
  { name: "reads the sessions of a foreign sandbox by its other name", path: "/api/miosa/usage/sessions?sandbox_id=globex-1", status: 404, reaches: [lookup("globex-1")] },
  { name: "reads the sessions of an id that is a path", path: "/api/miosa/usage/sessions?computer_id=..%2Fglobex-1", status: 404 },
  { name: "reads usage by another workspace's own id", path: "/api/miosa/usage?workspace_id=ws_2", status: 400 },
  { name: "reads its customer's usage though users are apart", as: "private", path: "/api/miosa/usage", status: 403 },
  { name: "reads its customer's usage though limited to sandboxes", as: "limited", path: "/api/miosa/usage", status: 403 },
];

export const listingAttacks: readonly Attack[] = [...listAttacks, ...findAttacks, ...usageAttacks];
