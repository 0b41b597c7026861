import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiKey, attackedRoutes, startAttackedGateway, type AttackedGateway } from "../test/attackedGateway.js";
import { owners, upstreamText, type SeenRequest } from "../test/leakyUpstream.js";
import { sendRaw, type RawAnswer } from "../test/sendRaw.js";
import { createRouteMatcher } from "./matchRoute.js";

/** Requests sent: a slice, unless FUZZ_RUNS asks for more. `npm run fuzz -w packages/gateway` sends 25,000. */
const runs = Number(process.env["FUZZ_RUNS"] ?? 1_500);
const atOnce = 25;

let attacked: AttackedGateway;

beforeAll(async () => {
  attacked = await startAttackedGateway({ limits: { requestsPerMinute: 1e9, concurrentRequests: 1e6, concurrentStreams: 1e6, streamMaxMs: 300 } });
});
afterAll(() => attacked.close());

const ids = [...Object.keys(owners), "ghost", "boom", "by-name", "made-1", "globex%2d1", "%67lobex-1", "globex-1%00", "GLOBEX-1"];
const odd = ["..", ".", "%2e%2e", "%2E", "%2f", "%5c", "\\", "//", "%00", "%0a", ";", "%252f", "%c0%ae", "*", "%", "?", "&", "#x", "%u002f", "~", "é"];
const words = Object.values(attackedRoutes).flatMap((group) => Object.values(group)).flatMap(({ path }) => path.split("/").filter((segment) => segment !== "" && !segment.startsWith(":")));

const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 4, arbitrary: fc.constantFrom(...ids) },
  { weight: 1, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...odd), fc.constantFrom(...ids)).map((parts) => parts.join("")) },
);
/** Mostly a route that exists, with some id, so that the fuzz gets past the door. */
const knownPath = fc
  .tuple(fc.constantFrom(...Object.values(attackedRoutes).flatMap((group) => Object.values(group))), fc.constantFrom(...ids))
  .map(([route, id]) => ({ method: route.method, path: `/api/miosa${route.path.replace(":id", id).replace(/:\w+/g, "snap-acme-1")}` }));
const oddPath = fc.record({
  method: fc.constantFrom("GET", "POST", "DELETE", "PATCH", "PUT", "HEAD", "OPTIONS", "BREW"),
  path: fc.tuple(fc.constantFrom("/api/miosa/", "/api/miosa//", "/api/miosa/../miosa/", "/api/v1/", "/"), fc.array(segment, { maxLength: 5 })).map(([base, segments]) => base + segments.join("/")),
});
const parameter = fc.tuple(
  fc.constantFrom("external_workspace_id", "external_user_id", "page", "page_size", "types", "computer_id", "group_by", "token", "force", "path", "tenant_id", "state", "command", "__proto__", "a%0d%0ab"),
  fc.oneof(fc.constantFrom("globex", "acme", "globex-1", "*", "1", "external_workspace_id", "", "..%2f", "true"), fc.string({ maxLength: 8 }).map(encodeURIComponent)),
);
const query = fc.array(parameter, { maxLength: 3 }).map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.join("=")).join("&")}`));

const header = fc.oneof(
  fc.constantFrom(
    ...([
      ["origin", "https://evil.example"],
      ["origin", "https://dash.example"],
      ["sec-fetch-site", "cross-site"],
      ["authorization", "Bearer msk_u_other"],
      ["x-http-method-override", "DELETE"],
      ["x-miosa-tenant", "globex"],
      ["x-forwarded-host", "evil.example"],
      ["content-encoding", "gzip"],
      ["last-event-id", "evt_1"],
      ["idempotency-key", "globex-key"],
      ["upgrade", "websocket"],
      ["expect", "100-continue"],
      ["range", "bytes=0-"],
    ] as const),
  ),
  fc.tuple(fc.stringMatching(/^x-[a-z]{1,12}$/), fc.stringMatching(/^[!-~]{1,40}$/)),
);
const label = fc.constantFrom("acme", "globex", "", null, 7, ["globex"]);
const body = fc.option(
  fc.oneof(
    fc.record({ external_workspace_id: label, external_user_id: label, name: fc.string(), command: fc.string(), snapshot_id: fc.constantFrom("snap-globex-1", "snap-acme-1"), metadata: fc.object({ maxDepth: 2 }) }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
    fc.constantFrom("{}", "[]", '{"a":1,"a":2}', '{"external_workspace_id":"acme","external_workspace_id":"globex"}', '{"__proto__":{}}', "{", "external_workspace_id=globex"),
    fc.string(),
  ),
  { nil: undefined },
);

const request = fc.record({
  target: fc.oneof({ weight: 3, arbitrary: knownPath }, { weight: 2, arbitrary: oddPath }),
  query,
  as: fc.constantFrom("ann", "ann", "ann", "private", "limited", "reader", "newcomer", "nobody"),
  headers: fc.array(header, { maxLength: 3 }),
  type: fc.constantFrom("application/json", "application/json", "application/json", "text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16"),
  body,
});

const matchRoute = createRouteMatcher(attackedRoutes);
const closed = ["/tokens/scoped", "/auth/sse-ticket", "/tenant/plan"];
/** What tells one customer's resource from another's. */
const foreignId = /^\/(?:computers|sandboxes)\/(globex-\d|orphan-\d|ghost|boom)/;

function expectNoLeak({ text, head }: RawAnswer, as: string): void {
  for (const secret of [apiKey, upstreamText, "SECRET-globex", "SECRET-orphan"]) expect(text).not.toContain(secret);
  expect(head).not.toMatch(/^(set-cookie|server|x-internal-host|location):/m);
  expect(as === "newcomer" && text.includes("SECRET-acme")).toBe(false);
}

function expectWithinTable({ method, path, headers }: SeenRequest): void {
  const match = matchRoute(method === "WS" ? "GET" : method, path, method === "WS");
  expect(match, `${method} ${path} is outside the route table`).toBeDefined();
  expect(closed).not.toContain(path);
  expect(headers.authorization).toBe(`Bearer ${apiKey}`);
  expect([headers.cookie, headers["x-miosa-tenant"], headers["x-http-method-override"], headers["x-forwarded-host"]]).toEqual([undefined, undefined, undefined, undefined]);
  // Of what is not the user's, the API is asked whose it is, and nothing else.
  expect(foreignId.test(path) ? `${method} ${path}` : "own").toMatch(/^own$|^GET \/computers\/[^/]+$/);
}

test(
  `${runs} random requests reach no route outside the table and bring back nothing of the key, another tenant or the API's words`,
  async () => {
    let sent = 0;
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: atOnce, maxLength: atOnce }), async (batch) => {
        attacked.upstream.seen.length = 0;
        await Promise.all(
          batch.map(async ({ target, query: search, as, headers, type, body: content }) => {
            const hasBody = content !== undefined && target.method !== "GET" && target.method !== "HEAD";
            const lines = [["cookie", `session=${as}`], ...(hasBody ? [["content-type", type] as const] : []), ...headers] as const;
            const answer = await sendRaw(
              attacked.baseUrl,
              { method: target.method, path: `${target.path}${search}`.replace(/[^\x21-\x7e]/g, ""), headers: lines.map(([name = "", value = ""]) => [name, value] as const), ...(hasBody && { body: content }) },
              (text) => /content-type: text\/event-stream|^HTTP\/1.1 (101|100)/i.test(text) && text.includes("\r\n\r\n"),
            );
            sent += 1;
            if (answer.status < 300) passed += 1;
            expectNoLeak(answer, as);
          }),
        );
        for (const seen of attacked.upstream.seen) expectWithinTable(seen);
      }),
      { numRuns: Math.ceil(runs / atOnce), endOnFailure: true },
    );
    expect(sent).toBeGreaterThanOrEqual(runs);
    // A fuzz that never gets in proves nothing.
    expect(passed).toBeGreaterThan(sent / 50);
  },
  600_000,
);
