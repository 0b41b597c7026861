import { expect } from "vitest";
import { apiKey } from "../attackedGateway.js";
import { send, upstreamText, type SeenRequest } from "../leakyUpstream.js";
import type { RawAnswer } from "../sendRaw.js";
import { answering, json, lookup, posting, type Attack } from "./attack.js";

const own = { path: "/api/miosa/computers/acme-1" } as const;
const runs = { path: "/api/miosa/computers/acme-1/exec", ...posting({ command: "id" }) } as const;

function fromPage(name: string, headers: readonly (readonly [string, string])[], more: Partial<Attack> = {}): Attack {
  return { name, ...runs, headers: [...json, ...headers], status: 403, code: "FORBIDDEN", ...more };
}

const origins: readonly string[] = [
  "https://evil.example",
  "null",
  "http://dash.example",
  "https://dash.example:444",
  "https://dash.example.evil.example",
  "https://evil.example/https://dash.example",
  "https://DASH.example.",
  "https://sub.dash.example",
  "https://dash.example, https://evil.example",
  "http://127.0.0.1:1",
  "http://localhost",
  "",
];

const originAttacks: readonly Attack[] = [
  ...origins.map((origin) => fromPage(`runs a command from a page of "${origin}"`, [["origin", origin]])),
  fromPage("runs a command from two origins", [["origin", "https://dash.example"], ["origin", "https://evil.example"]]),
  fromPage("runs a command across sites without an origin", [["sec-fetch-site", "cross-site"]]),
  fromPage("runs a command from a sibling site", [["sec-fetch-site", "same-site"]]),
  fromPage("claims to be same-origin from another host", [["origin", "https://evil.example"], ["sec-fetch-site", "same-origin"]]),
  fromPage("names a fetch site that does not exist", [["sec-fetch-site", "friendly"]]),
  fromPage("claims its own host over another scheme, without the browser's word", [["host", "app.example"], ["origin", "https://app.example"]]),
  fromPage("comes through a proxy that ends TLS, with the browser's word", [["host", "app.example"], ["origin", "https://app.example"], ["sec-fetch-site", "same-origin"]], {
    status: 200,
    code: "",
    reaches: [lookup("acme-1"), "POST /computers/acme-1/exec"],
  }),
  { name: "deletes from a foreign page", ...own, method: "DELETE", headers: [["origin", "https://evil.example"]], status: 403 },
  { name: "creates from a foreign page", path: "/api/miosa/computers", ...posting({}), headers: [...json, ["origin", "https://evil.example"]], status: 403 },
  { name: "reads from a foreign page", ...own, headers: [["origin", "https://evil.example"]], status: 403 },
  { name: "reads as an image of a foreign page", ...own, headers: [["sec-fetch-site", "cross-site"], ["sec-fetch-mode", "no-cors"]], status: 403 },
  { name: "opens the event feed from a foreign page", path: "/api/miosa/events/stream", headers: [["origin", "https://evil.example"]], status: 403 },
  {
    name: "asks beforehand from a foreign page",
    ...own,
    method: "OPTIONS",
    headers: [["origin", "https://evil.example"], ["access-control-request-method", "DELETE"]],
    status: 403,
    check: ({ head }) => expect(head).not.toContain("access-control"),
  },
  {
    name: "asks beforehand for cookies from a listed page",
    ...own,
    as: null,
    method: "OPTIONS",
    headers: [["origin", "https://dash.example"], ["access-control-request-method", "DELETE"]],
    status: 204,
    check: ({ headers, head }) => {
      expect(headers.get("access-control-allow-origin")).toBe("https://dash.example");
      expect(head).not.toContain("credentials");
      expect(headers.get("vary")).toBe("origin");
    },
  },
];

function passes(name: string, headers: readonly (readonly [string, string])[], check: (seen: SeenRequest | undefined, answer: RawAnswer) => void): Attack {
  return { name, ...own, headers, status: 200, reaches: [lookup("acme-1"), "GET /computers/acme-1"], check: (answer, seen) => check(seen.at(-1), answer) };
}

const allowed = ["accept", "accept-encoding", "accept-language", "authorization", "connection", "host", "sec-fetch-mode", "user-agent", "x-request-id"];

const requestHeaderAttacks: readonly Attack[] = [
  passes("brings a key of its own", [["authorization", "Bearer msk_u_mine"]], (seen) => expect(seen?.headers.authorization).toBe(`Bearer ${apiKey}`)),
  ...["x-miosa-tenant", "x-forwarded-for", "x-forwarded-host", "forwarded", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url", "x-api-key", "range", "if-none-match", "te", "proxy-authorization", "x-miosa-preview-token"].map(
    (name) => passes(`brings ${name}`, [[name, "globex"]], (seen) => expect(Object.keys(seen?.headers ?? {}).filter((given) => !allowed.includes(given))).toEqual([])),
  ),
  passes("asks for a compressed answer", [["accept-encoding", "gzip"]], (seen) => expect(seen?.headers["accept-encoding"]).toBe("identity")),
  passes("asks for another kind of answer", [["accept", "text/html"]], (seen) => expect(seen?.headers.accept).toBe("application/json")),
  passes("names the request", [["x-request-id", "my-request-7"]], (seen, answer) => {
    expect(seen?.headers["x-request-id"]).toBe("my-request-7");
    expect(answer.headers.get("x-request-id")).toBe("my-request-7");
  }),
  passes("names the request with a log line", [["x-request-id", "a level=admin user=gil"]], (seen) => expect(seen?.headers["x-request-id"]).toMatch(/^req_[\w-]{36}$/)),
  passes("names the request at length", [["x-request-id", "a".repeat(65)]], (seen) => expect(seen?.headers["x-request-id"]).toMatch(/^req_/)),
  { name: "resumes from an id with spaces", path: "/api/miosa/sandboxes/acme-1/readiness/stream", headers: [["last-event-id", "a b"]], status: 400, reaches: [lookup("acme-1")] },
  { name: "sends an idempotency key with spaces", path: "/api/miosa/computers", ...posting({}), headers: [...json, ["idempotency-key", "a b"]], status: 400 },
  { name: "sends an endless idempotency key", path: "/api/miosa/computers", ...posting({}), headers: [...json, ["idempotency-key", "a".repeat(256)]], status: 400 },
  {
    name: "repeats another tenant's idempotency key",
    path: "/api/miosa/computers",
    ...posting({}),
    headers: [...json, ["idempotency-key", "globex-key-1"]],
    status: 201,
    reaches: ["POST /computers"],
    check: (_, seen) => expect(seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{64}$/),
  },
  { name: "sends headers without end", ...own, headers: Array.from({ length: 13 }, (_, index) => [`x-filler-${index}`, "y".repeat(960)] as const), status: 431 },
  { name: "sends a URL without end", path: `/api/miosa/computers/acme-1?x=${"y".repeat(9000)}`, status: 414 },
];

const queryAttacks: readonly Attack[] = [
  ...["token", "ticket", "access_token", "api_key", "apikey", "key", "authorization", "preview_token", "mt", "ms", "Token", "accessToken", "apiKey", "previewToken"].map(
    (name): Attack => ({ name: `brings a credential as ${name}`, path: `/api/miosa/computers/acme-1?${name}=sset_1`, status: 400 }),
  ),
  ...["tenant_id", "workspace_id", "external_workspace_id", "external_user_id", "organization", "Tenant-Id"].map(
    (name): Attack => ({ name: `names another owner as ${name}`, path: `/api/miosa/computers/acme-1?${name}=globex`, status: 400 }),
  ),
  { name: "doubles a parameter", path: "/api/miosa/computers/acme-1?force=true&force=false", status: 400 },
  { name: "doubles a parameter, once escaped", path: "/api/miosa/computers/acme-1?force=true&for%63e=false", status: 400 },
  { name: "names a parameter with a prototype", path: "/api/miosa/computers/acme-1?__proto__=1", status: 400 },
  { name: "names a parameter with brackets inside", path: "/api/miosa/computers/acme-1?a[b]=1", status: 400 },
  { name: "names a parameter with a line end", path: "/api/miosa/computers/acme-1?a%0d%0ab=1", status: 400 },
];

function answered(name: string, answer: Attack["upstream"], status: number, code: string, check?: (answer: RawAnswer) => void): Attack {
  return { name, ...runs, ...(answer && { upstream: answer }), status, code, reaches: [lookup("acme-1"), "POST /computers/acme-1/exec"], ...(check && { check }) };
}

const exec = /exec$/;
const errors: readonly (readonly [given: number, body: unknown, status: number, code: string])[] = [
  [500, { error: upstreamText }, 502, "UPSTREAM_UNREACHABLE"],
  [503, upstreamText, 502, "UPSTREAM_UNREACHABLE"],
  [401, { error: { code: "invalid_token", message: `bad key ${apiKey}` } }, 502, "UPSTREAM_REFUSED"],
  [403, { error: { code: "insufficient_scope", message: upstreamText } }, 502, "UPSTREAM_REFUSED"],
  [409, { error: { code: "NOT_RUNNING", message: upstreamText, details: { key: apiKey } } }, 409, "NOT_RUNNING"],
  [409, { code: upstreamText }, 409, "CONFLICT"],
  [500, { error: { code: "NOT_RUNNING", message: upstreamText } }, 502, "UPSTREAM_UNREACHABLE"],
  [422, { code: "NOT_RUNNING", message: upstreamText }, 422, "VALIDATION_ERROR"],
  [422, { error: "EMAIL_MISMATCH", detail: upstreamText }, 422, "VALIDATION_ERROR"],
  [404, { message: upstreamText }, 404, "NOT_FOUND"],
  [400, { error: { code: "INVALID_ID", message: upstreamText } }, 404, "NOT_FOUND"],
  [402, { message: upstreamText }, 402, "INSUFFICIENT_CREDITS"],
  [418, { message: upstreamText }, 502, "UPSTREAM_UNREACHABLE"],
  [501, { message: upstreamText }, 501, "NOT_IMPLEMENTED"],
];

const answerAttacks: readonly Attack[] = [
  ...errors.map(([given, body, status, code]) => answered(`reads the API's own words on a ${given}, ${code}`, answering(exec, (outgoing) => send(outgoing, given, body)), status, code)),
  answered(
    "is told to wait by the API",
    answering(exec, (outgoing) => {
      outgoing.setHeader("retry-after", "7");
      send(outgoing, 429, { error: upstreamText });
    }),
    429,
    "rate_limit_exceeded",
    ({ headers }) => expect(headers.get("retry-after")).toBe("7"),
  ),
  answered(
    "is sent elsewhere by the API",
    answering(exec, (outgoing) => {
      outgoing.writeHead(302, { location: "/api/v1/computers/globex-1" });
      outgoing.end(upstreamText);
    }),
    502,
    "UPSTREAM_UNREACHABLE",
    ({ head }) => expect(head).not.toContain("location"),
  ),
  answered(
    "is sent a page by the API",
    answering(exec, (outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/html" });
      outgoing.end(`<script>${upstreamText}</script>`);
    }),
    502,
    "UPSTREAM_UNREACHABLE",
  ),
  { name: "is sent JSON in place of a stream", path: "/api/miosa/sandboxes/acme-1/readiness/stream", upstream: answering(/stream$/, (outgoing) => send(outgoing, 200, { text: upstreamText })), status: 502, reaches: [lookup("acme-1"), "GET /sandboxes/acme-1/readiness/stream"] },
  {
    name: "opens a file as a page of the platform",
    path: "/api/miosa/computers/acme-1/files/download?path=/a.html",
    status: 200,
    reaches: [lookup("acme-1"), "GET /computers/acme-1/files/download"],
    check: ({ headers }) => {
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("content-disposition")).toBe('attachment; filename="a.html"');
      expect(headers.get("content-security-policy")).toContain("sandbox");
    },
  },
  {
    name: "breaks out of a file's name",
    path: "/api/miosa/computers/acme-1/files/download?path=/a",
    upstream: answering(/download$/, (outgoing) => {
      outgoing.writeHead(200, { "content-type": "image/svg+xml", "content-disposition": 'attachment; filename="a";x="' });
      outgoing.end("<svg onload=alert(1)>");
    }),
    status: 200,
    reaches: [lookup("acme-1"), "GET /computers/acme-1/files/download"],
    check: ({ headers }) => {
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("content-disposition")).toBe('attachment; filename="a"');
    },
  },
  ...(
    [
      ["down", 500, 502],
      ["busy", 429, 429],
      ["refusing our key", 401, 502],
    ] as const
  ).map(
    ([what, given, status]): Attack => ({ name: `asks while ownership cannot be looked up, the API being ${what}`, ...own, upstream: answering(/^\/computers\/acme-1$/, (outgoing) => send(outgoing, given, { error: upstreamText })), status, reaches: [lookup("acme-1")] }),
  ),
  { name: "has its id read as another by the API", path: "/api/miosa/computers/alias", upstream: answering(/alias$/, (outgoing) => send(outgoing, 200, { id: "acme-1", external_workspace_id: "acme", secret: "SECRET-globex-1" })), status: 404, reaches: [lookup("alias")] },
  { name: "has an id with an owner that only looks like its own", path: "/api/miosa/computers/near", upstream: answering(/near$/, (outgoing) => send(outgoing, 200, { id: "near", external_workspace_id: "ACME" })), status: 404, reaches: [lookup("near")] },
  { name: "has an id with a list of owners", path: "/api/miosa/computers/near", upstream: answering(/near$/, (outgoing) => send(outgoing, 200, { id: "near", external_workspace_id: ["acme"] })), status: 404, reaches: [lookup("near")] },
];

export const headerAttacks: readonly Attack[] = [...originAttacks, ...requestHeaderAttacks, ...queryAttacks, ...answerAttacks];
