import { expect, test } from "vitest";
import { listen, sendJson as json, type IncomingMessage, type ServerResponse } from "../test/servers.js";
import { createGateway } from "./createGateway.js";
import type { Authorize, GatewayDenial, GatewayOptions, GatewayRecord } from "./gatewayOptions.js";
import { toNodeListener } from "./node.js";

const apiKey = "msk_u_gateway-secret";
const operator: Authorize = () => ({ operator: true, can: ["read", "create", "exec", "files", "delete"] });

async function startGateway(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  options: Partial<GatewayOptions> = {},
): Promise<string> {
  const upstream = await listen(answer);
  return listen(toNodeListener(createGateway({ apiKey, authorize: operator, upstream: `${upstream}/api/v1`, ...options })));
}

test("a listed route reaches the API with the key and without the browser's own credentials", async () => {
  const seen: IncomingMessage[] = [];
  const gateway = await startGateway((incoming, outgoing) => {
    seen.push(incoming);
    json(outgoing, 200, { id: "sbx_1" }, { "set-cookie": "upstream=1", "x-internal": "node-7" });
  });

  const response = await fetch(`${gateway}/api/miosa/computers/sbx_1`, {
    headers: { authorization: "Bearer stolen", cookie: "session=1", "x-http-method-override": "DELETE" },
  });

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ id: "sbx_1" });
  expect(response.headers.get("set-cookie")).toBeNull();
  expect(response.headers.get("x-internal")).toBeNull();
  expect(seen[0]?.url).toBe("/api/v1/computers/sbx_1");
  expect(seen[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
  expect(seen[0]?.headers.cookie).toBeUndefined();
  expect(seen[0]?.headers["x-http-method-override"]).toBeUndefined();
});

test("a path outside the route table is a 404 in the API's envelope and never goes upstream", async () => {
  let requests = 0;
  const gateway = await startGateway((_, outgoing) => {
    requests += 1;
    json(outgoing, 200, {});
  });

  for (const path of ["/api/miosa/api-keys", "/api/miosa/computers/", "/api/miosa/computers/a%2Fb", "/computers", "/api/miosa"]) {
    const response = await fetch(`${gateway}${path}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "NOT_FOUND" }, code: "NOT_FOUND" });
  }
  expect(requests).toBe(0);
});

test("no answer may be kept by a cache or read as another type, be it an answer, a refusal or a stream", async () => {
  const gateway = await startGateway((incoming, outgoing) => {
    const headers = { "cache-control": "public, max-age=60" };
    if (!incoming.url?.endsWith("/readiness/stream")) return json(outgoing, 200, { id: "sbx_1" }, headers);
    outgoing.writeHead(200, { ...headers, "content-type": "text/event-stream" });
    outgoing.end("event: ready\ndata: {}\n\n");
  });

  for (const path of ["/computers/sbx_1", "/api-keys", "/sandboxes/sbx_1/readiness/stream"]) {
    const response = await fetch(`${gateway}/api/miosa${path}`);
    await response.text();
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("whoever created a sandbox uses it at once, without another look at whose it is", async () => {
  const asked: string[] = [];
  const gateway = await startGateway(
    (incoming, outgoing) => {
      asked.push(`${incoming.method} ${incoming.url}`);
      json(outgoing, incoming.method === "POST" ? 201 : 200, { id: "sbx_new", external_workspace_id: "acme", ready: true });
    },
    { authorize: () => ({ externalWorkspaceId: "acme", can: ["read", "create"] }) },
  );
  const headers = { "content-type": "application/json", origin: gateway };

  const created = await fetch(`${gateway}/api/miosa/computers`, { method: "POST", headers, body: "{}" });
  expect(created.status).toBe(201);
  expect((await fetch(`${gateway}/api/miosa/computers/sbx_new/start`, { method: "POST", headers })).ok).toBe(true);

  expect(asked).toEqual(["POST /api/v1/computers", "POST /api/v1/computers/sbx_new/start"]);
});

test("an API that cannot be reached is a 502 that says nothing about it", async () => {
  const gateway = await listen(toNodeListener(createGateway({ apiKey, authorize: operator, upstream: "http://127.0.0.1:1/api/v1" })));

  const response = await fetch(`${gateway}/api/miosa/computers`);
  const text = await response.text();

  expect(response.status).toBe(502);
  expect(text).toContain("UPSTREAM_UNREACHABLE");
  expect(text).not.toContain("127.0.0.1");
  expect(text).not.toContain(apiKey);
});

test("a stream arrives frame by frame, and leaving it closes the connection upstream", async () => {
  const streams: ServerResponse[] = [];
  const gateway = await startGateway((_, outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write(": keepalive\n\n");
    streams.push(outgoing);
  });

  const controller = new AbortController();
  const response = await fetch(`${gateway}/api/miosa/sandboxes/sbx_1/readiness/stream`, { signal: controller.signal });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe(": keepalive\n\n");
  const [stream] = streams;
  if (!stream) throw new Error("No stream was opened upstream.");
  globalThis.gc?.();
  controller.abort();

  await expect.poll(() => stream.closed).toBe(true);
});

test("a page of another origin is refused, and one that is listed gets CORS headers", async () => {
  const gateway = await startGateway((_, outgoing) => json(outgoing, 200, []), { origins: ["https://dash.example"] });

  const foreign = await fetch(`${gateway}/api/miosa/computers`, { headers: { origin: "https://evil.example" } });
  const listed = await fetch(`${gateway}/api/miosa/computers`, { headers: { origin: "https://dash.example" } });

  expect(foreign.status).toBe(403);
  expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
  expect(listed.status).toBe(200);
  expect(listed.headers.get("access-control-allow-origin")).toBe("https://dash.example");
  expect(listed.headers.get("access-control-allow-credentials")).toBeNull();
});

test("a page's own origin is the host that it asked for, whatever address the framework puts into the URL", async () => {
  const upstream = await listen((_, outgoing) => json(outgoing, 200, []));
  const gateway = createGateway({ apiKey, authorize: operator, upstream: `${upstream}/api/v1` });
  const ask = async (origin: string, headers: Record<string, string> = {}): Promise<number> =>
    (await gateway(new Request("http://localhost:3000/api/miosa/computers", { headers: { host: "app.example", origin, ...headers } }))).status;

  expect(await ask("http://app.example")).toBe(200);
  expect(await ask("https://app.example", { "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await ask("https://app.example")).toBe(403);
  expect(await ask("http://localhost:3000")).toBe(403);
  expect(await ask("http://localhost:3000", { "sec-fetch-site": "same-origin" })).toBe(403);
});

test("the gateway's own permissions narrow every session's", async () => {
  const gateway = await startGateway((_, outgoing) => json(outgoing, 200, []), { can: ["create"] });
  expect((await fetch(`${gateway}/api/miosa/computers`)).status).toBe(403);
});

test("one tenant that has used up its minute does not slow another", async () => {
  const gateway = await startGateway((_, outgoing) => json(outgoing, 200, []), {
    authorize: (request) => ({ externalWorkspaceId: request.headers.get("cookie") ?? "", can: ["read"] }),
    limits: { requestsPerMinute: 1 },
  });
  const list = (cookie: string) => fetch(`${gateway}/api/miosa/computers`, { headers: { cookie } });
  expect((await list("acme")).status).toBe(200);
  const refused = await list("acme");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "rate_limit_exceeded" });
  expect((await list("globex")).status).toBe(200);
});

test("refusals are told to the platform with their true reason, and answers with their time", async () => {
  const denials: GatewayDenial[] = [];
  const records: GatewayRecord[] = [];
  const gateway = await startGateway((_, outgoing) => json(outgoing, 200, { id: "x", external_workspace_id: "globex" }), {
    authorize: () => ({ externalWorkspaceId: "acme", can: ["read"] }),
    onDeny: (denial) => denials.push(denial),
    onRequest: (record) => records.push(record),
  });
  await fetch(`${gateway}/api/miosa/computers/x`);
  expect(denials).toMatchObject([{ status: 404, code: "NOT_FOUND", externalWorkspaceId: "acme", route: "/computers/:id", reason: "not the tenant's, or nobody's" }]);
  expect(records).toMatchObject([{ status: 404, method: "GET" }]);
  expect(JSON.stringify([denials, records])).not.toContain(apiKey);
});

test("a gateway without a key, without authorize, or with credentials in its upstream is not made", () => {
  const upstream = "http://127.0.0.1:1";
  expect(() => createGateway({ apiKey: " ", authorize: operator, upstream })).toThrow(TypeError);
  expect(() => createGateway({ apiKey: process.env["NOT_SET"], authorize: operator, upstream })).toThrow("The gateway needs an apiKey");
  expect(() => createGateway({ apiKey, authorize: operator, upstream: "http://user:word@127.0.0.1:1" })).toThrow(TypeError);
  expect(() => createGateway({ apiKey, authorize: operator, upstream: "nowhere" })).toThrow(TypeError);
});

test("a listed host is served, whatever address the framework puts into the URL, and no other", async () => {
  const upstream = await listen((_, outgoing) => json(outgoing, 200, []));
  const gateway = createGateway({ apiKey, authorize: operator, upstream: `${upstream}/api/v1`, hosts: ["app.example"] });
  const ask = async (host: string): Promise<number> =>
    (await gateway(new Request("http://localhost:3000/api/miosa/computers", { headers: { host } }))).status;

  expect(await ask("app.example")).toBe(200);
  expect(await ask("rebound.example")).toBe(403);
  expect(await ask("localhost:3000")).toBe(403);
});

test("a host that is not listed is refused", async () => {
  const gateway = await startGateway((_, outgoing) => json(outgoing, 200, []), { hosts: ["localhost:4700"] });
  expect((await fetch(`${gateway}/api/miosa/computers`)).status).toBe(403);
});
