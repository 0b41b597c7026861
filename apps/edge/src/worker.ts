import { createGateway, createRemoteFeed, type Gateway } from "@miosa/gateway";
import { createUserAuthorizer } from "./authorizeUser.js";
import { connectWebSocket } from "./connectWebSocket.js";
import type { Env } from "./platform.js";

export { EventFeedObject } from "./eventFeedObject.js";

const basePath = "/api/miosa";

/** The page runs its own files only and talks to its own origin only. */
const pageHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' https:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function createEdgeGateway(env: Env): Gateway {
  return createGateway({
    apiKey: env.MIOSA_API_KEY,
    ...(env.MIOSA_BASE_URL && { upstream: env.MIOSA_BASE_URL }),
    basePath,
    authorize: createUserAuthorizer(env),
    origins: env.ALLOWED_ORIGINS?.split(",").map((origin) => origin.trim()) ?? [],
    // workerd ties a request to the fetch it came from: a bare reference would lose its `this`.
    fetch: (input, init) => fetch(input, init),
    feed: createRemoteFeed((url, init) => env.FEED.get(env.FEED.idFromName("feed")).fetch(url, init)),
    connectWebSocket,
  });
}

/** One gateway for each set of bindings: workerd hands an isolate the same ones again and again. */
const gateways = new WeakMap<Env, Gateway>();

function gatewayOf(env: Env): Gateway {
  const gateway = gateways.get(env) ?? createEdgeGateway(env);
  gateways.set(env, gateway);
  return gateway;
}

const worker = {
  /** Sends the API's paths to the gateway and everything else to the dashboard's files. */
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === basePath || pathname.startsWith(`${basePath}/`)) return gatewayOf(env)(request);
    const file = await env.ASSETS.fetch(request);
    const page = new Response(file.body, { status: file.status, headers: file.headers });
    for (const [name, value] of Object.entries(pageHeaders)) page.headers.set(name, value);
    return page;
  },
};

// oxlint-disable-next-line import/no-default-export -- a Worker is what its module exports by default
export default worker;
