import { expect } from "vitest";
import type { SeenRequest } from "../leakyUpstream.js";
import { answering, json, lookup, posting, type Attack } from "./attack.js";
import { send } from "../leakyUpstream.js";

const create = { path: "/api/miosa/computers" } as const;
const created = ["POST /computers"] as const;

/** What the API was told to create. */
function sent(seen: readonly SeenRequest[]): unknown {
  const body: unknown = JSON.parse(Buffer.from(seen.at(-1)?.body ?? "", "latin1").toString());
  return body;
}

function forced(name: string, body: unknown, expected: Record<string, unknown>): Attack {
  return { name, ...create, ...posting(body), status: 201, reaches: created, check: (_, seen) => expect(sent(seen)).toMatchObject(expected) };
}

function refused(name: string, body: unknown, status: number, code: string): Attack {
  return { name, ...create, ...posting(body), status, code };
}

const acme = { external_workspace_id: "acme", external_user_id: "ann" };

const attributionAttacks: readonly Attack[] = [
  forced("creates for another tenant", { external_workspace_id: "globex" }, acme),
  forced("creates for nobody", { external_workspace_id: null }, acme),
  forced("creates in a colleague's name", { external_user_id: "bob" }, acme),
  forced("creates without a word on whose it is", {}, acme),
  forced("creates with its own project", { external_project_id: "p1", name: "n" }, { ...acme, external_project_id: "p1", name: "n" }),
  { name: "creates without a body", ...create, method: "POST", status: 201, reaches: created, check: (_, seen) => expect(sent(seen)).toEqual(acme) },
  refused("creates with the attribution as a list", { external_workspace_id: ["acme", "globex"] }, 422, "VALIDATION_ERROR"),
  refused("creates with the attribution as an object", { external_user_id: { $ne: 1 } }, 422, "VALIDATION_ERROR"),
  refused("creates with an endless label", { external_project_id: "x".repeat(256) }, 422, "VALIDATION_ERROR"),
  ...[
    "workspace_id",
    "workspace_slug",
    "project_id",
    "tenant_id",
    "organization_id",
    "user_id",
    "image_id",
    "allow_provision",
    "agent_runtime_profile_id",
    "externalWorkspaceId",
    "External_Workspace_Id",
    "external_workspace_id ",
    "external-workspace-id",
    "database",
    "unheard_of",
  ].map((field) => refused(`creates with ${field}`, { [field]: "globex" }, 422, "VALIDATION_ERROR")),
  ...["external_workspace_id", "externalWorkspaceId", "External-User-ID", "external_project_id[]", "tenant_id", "tenantId"].map((field) =>
    refused(`hides ${field} in metadata`, { metadata: { [field]: "globex" } }, 422, "VALIDATION_ERROR"),
  ),
  { name: "creates for another tenant by the query", path: "/api/miosa/computers?external_workspace_id=globex", ...posting({}), status: 400 },
  { name: "creates in another workspace by the query", path: "/api/miosa/computers?workspace_id=ws_2", ...posting({}), status: 400 },
  { name: "creates though its session is limited to certain sandboxes", as: "limited", ...create, ...posting({}), status: 403 },
  {
    name: "clones its own sandbox into another tenant",
    path: "/api/miosa/computers/acme-1/clone",
    ...posting({ external_workspace_id: "globex" }),
    status: 201,
    reaches: [lookup("acme-1"), "POST /computers/acme-1/clone"],
    check: (_, seen) => expect(sent(seen)).toMatchObject(acme),
  },
  { name: "creates from a snapshot", ...create, ...posting({ snapshot_id: "snap-acme-1" }), status: 404 },
  ...(
    [
      ["fork", { snapshot_id: "snap-globex-1" }],
      ["fork", { snapshot_id: ["snap-acme-1"] }],
      ["fork", { snapshot_id: null }],
      ["restore/snap-globex-1", {}],
    ] as const
  ).map(
    ([action, body]): Attack => ({
      name: `takes another tenant's snapshot by ${action} of ${JSON.stringify(body)}`,
      path: `/api/miosa/sandboxes/acme-1/${action}`,
      ...posting(body),
      status: 404,
      reaches: [lookup("acme-1"), ...("snapshot_id" in body && typeof body.snapshot_id !== "string" ? [] : ["GET /sandboxes/acme-1/snapshots"])],
    }),
  ),
  { name: "deletes another tenant's snapshot through its own sandbox", path: "/api/miosa/sandboxes/acme-1/snapshots/snap-globex-1", method: "DELETE", status: 404, reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/snapshots"] },
  { name: "shares another tenant's preview through its own sandbox", path: "/api/miosa/sandboxes/acme-1/previews/pv-globex-1/share", ...posting({}), status: 404, reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/previews"] },
  {
    name: "restores its own snapshot",
    path: "/api/miosa/sandboxes/acme-1/restore/snap-acme-1",
    ...posting({}),
    status: 200,
    reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/snapshots", "POST /sandboxes/acme-1/restore/snap-acme-1"],
  },
  {
    name: "restores its own snapshot at an API that answers in part",
    path: "/api/miosa/sandboxes/acme-1/restore/snap-acme-1",
    ...posting({}),
    upstream: answering(/restore/, (outgoing) => send(outgoing, 200, { id: "acme-1", state: "running" })),
    status: 200,
    reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/snapshots", "POST /sandboxes/acme-1/restore/snap-acme-1"],
  },
  {
    name: "is given another tenant's sandbox by a restore",
    path: "/api/miosa/sandboxes/acme-1/restore/snap-acme-1",
    ...posting({}),
    upstream: answering(/restore/, (outgoing) => send(outgoing, 200, { id: "globex-1", external_workspace_id: "globex", secret: "SECRET-globex-1" })),
    status: 502,
    reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/snapshots", "POST /sandboxes/acme-1/restore/snap-acme-1"],
  },
  {
    name: "forks its own snapshot into another tenant",
    path: "/api/miosa/sandboxes/acme-1/fork",
    ...posting({ snapshot_id: "snap-acme-1", external_workspace_id: "globex" }),
    status: 201,
    reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/snapshots", "POST /sandboxes/acme-1/fork"],
    check: (_, seen) => expect(sent(seen)).toEqual({ ...acme, snapshot_id: "snap-acme-1" }),
  },
  ...["external_workspace_id", "EXTERNAL_USER_ID", "externalWorkspaceId", "workspaceID", "tenant-id", "tenant_id", "workspace_id", "project_id", "owner_id"].map(
    (field): Attack => ({
      name: `moves its own sandbox by ${field}`,
      path: "/api/miosa/sandboxes/acme-1",
      ...posting({ [field]: "globex" }),
      method: "PATCH",
      status: 422,
      reaches: [lookup("acme-1")],
    }),
  ),
  { name: "moves its own sandbox by metadata", path: "/api/miosa/sandboxes/acme-1", ...posting({ metadata: { external_workspace_id: "globex" } }), method: "PATCH", status: 422, reaches: [lookup("acme-1")] },
  { name: "names another tenant in a command", path: "/api/miosa/computers/acme-1/exec", ...posting({ command: "id", tenant_id: "t" }), status: 422, reaches: [lookup("acme-1")] },
  {
    name: "is given a resource that the API tagged for somebody else",
    ...create,
    ...posting({}),
    upstream: answering(/^\/computers$/, (outgoing) => send(outgoing, 201, { id: "globex-9", external_workspace_id: "globex", secret: "SECRET-globex-9" })),
    status: 502,
    reaches: created,
  },
  {
    name: "is given a resource that the API did not tag",
    ...create,
    ...posting({}),
    upstream: answering(/^\/computers$/, (outgoing) => send(outgoing, 201, { id: "made-9", secret: "SECRET-globex-9" })),
    status: 502,
    reaches: created,
  },
];

const deep = `${'{"metadata":'.repeat(70)}1${"}".repeat(70)}`;

const encodingAttacks: readonly Attack[] = [
  refused("sends a key twice", '{"external_workspace_id":"acme","external_workspace_id":"globex"}', 400, "INVALID_JSON"),
  refused("sends a key twice, once escaped", '{"name":"a","n\\u0061me":"b"}', 400, "INVALID_JSON"),
  refused("sends a key twice, further down", '{"metadata":{"a":[{"b":1,"b":2}]}}', 400, "INVALID_JSON"),
  refused("sends __proto__", '{"__proto__":{"external_workspace_id":"globex"}}', 400, "INVALID_JSON"),
  refused("sends __proto__ in metadata", '{"metadata":{"__proto__":{"x":1}}}', 400, "INVALID_JSON"),
  refused("sends an escaped __proto__", '{"\\u005f_proto__":1}', 400, "INVALID_JSON"),
  refused("sends constructor", '{"metadata":{"constructor":{"prototype":{}}}}', 400, "INVALID_JSON"),
  refused("sends a list", "[]", 400, "INVALID_JSON"),
  refused("sends a text", '"x"', 400, "INVALID_JSON"),
  refused("sends null", "null", 400, "INVALID_JSON"),
  refused("sends half an object", '{"name":', 400, "INVALID_JSON"),
  refused("sends two objects", "{}{}", 400, "INVALID_JSON"),
  refused("sends a comment", '{}//{"x":1}', 400, "INVALID_JSON"),
  refused("sends NaN", '{"memory_mb":NaN}', 400, "INVALID_JSON"),
  refused("sends a body nested 70 deep", deep, 400, "INVALID_JSON"),
  refused("sends a body too long", `{"name":"${"x".repeat(2 ** 20)}"}`, 413, "PAYLOAD_TOO_LARGE"),
  { name: "sends bytes that are not UTF-8", ...create, method: "POST", headers: json, body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), status: 400, code: "INVALID_JSON" },
  { name: "sends a byte order mark", ...create, method: "POST", headers: json, body: "\uFEFF{}", status: 400, code: "INVALID_JSON" },
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "text/json",
    "application/jsonp",
    "application/json, text/plain",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; x=1",
    "application/json;text/plain",
    "",
  ].map(
    (type): Attack => ({ name: `sends JSON as "${type}"`, ...create, method: "POST", headers: [["content-type", type]], body: '{"external_workspace_id":"globex"}', status: 415 }),
  ),
  { name: "sends JSON without a type", ...create, method: "POST", body: "{}", status: 415 },
  { name: "sends JSON compressed", ...create, method: "POST", headers: [...json, ["content-encoding", "gzip"]], body: "{}", status: 415 },
  { name: "sends a form to a command", path: "/api/miosa/computers/acme-1/exec", method: "POST", headers: [["content-type", "text/plain"]], body: '{"command":"id"}', status: 415, reaches: [lookup("acme-1")] },
  ...["multipart/form-data; boundary=x", "application/octet-stream"].map(
    (type): Attack => ({ name: `sends ${type} to a command`, path: "/api/miosa/computers/acme-1/exec", method: "POST", headers: [["content-type", type]], body: "x", status: 415, reaches: [lookup("acme-1")] }),
  ),
  {
    name: "sends two content lengths",
    ...create,
    method: "POST",
    headers: [...json, ["content-length", "2"], ["content-length", "40"]],
    body: "{}GET /api/miosa/computers/globex-1 HTTP/1.1",
    status: 400,
  },
  {
    name: "sends a length and chunks",
    ...create,
    method: "POST",
    headers: [...json, ["content-length", "5"], ["transfer-encoding", "chunked"]],
    body: "0\r\n\r\nGET /api/miosa/computers/globex-1 HTTP/1.1\r\nHost: x\r\n\r\n",
    status: 400,
  },
  { name: "sends chunks with another coding", ...create, method: "POST", headers: [...json, ["transfer-encoding", "gzip, chunked"]], body: "2\r\n{}\r\n0\r\n\r\n", status: 201, reaches: created },
];

export const bodyAttacks: readonly Attack[] = [...attributionAttacks, ...encodingAttacks];
