import { buildPath, defaultBaseUrl, headerNames, routes } from "@miosa/protocol";
import { Denial, denialResponse, notFound, upstreamUnreachable } from "./denial.js";
import { forward, relayBody } from "./forward.js";
import type { Gateway, GatewayContext, GatewayOptions } from "./gatewayOptions.js";
import { browserHeaders, isOfKind, upstreamHeaders } from "./headers.js";
import { createRouteMatcher, type RouteMatch, type RouteTable } from "./matchRoute.js";
import { checkHost, checkOrigin, corsHeaders, preflightHeaders } from "./origin.js";

/**
 * Makes a fetch handler that stands between browsers and the API: it adds the API key, lets through the routes that
 * `@miosa/protocol` lists and nothing else, and passes streams on as they come. Throws a `TypeError` on a missing
 * key or a malformed URL.
 */
export function createGateway(options: GatewayOptions): Gateway {
  return createGatewayFor(routes, options);
}

/** {@link createGateway} over any route table. */
export function createGatewayFor(table: RouteTable, options: GatewayOptions): Gateway {
  if (options.apiKey.trim() === "") throw new TypeError("createGateway needs an apiKey.");
  const upstreamBase = new URL(options.upstream ?? defaultBaseUrl).href.replace(/\/+$/, "");
  const basePath = (options.basePath ?? "/api/miosa").replace(/\/+$/, "");
  const origins = new Set(options.origins);
  const hosts = options.hosts && new Set(options.hosts);
  const matchRoute = createRouteMatcher(table);

  return async (request, context = {}) => {
    const startedAt = performance.now();
    const requestId = `req_${crypto.randomUUID()}`;
    let match: RouteMatch | undefined;
    let cause: unknown;
    const response = await answer().catch((error: unknown) => {
      const denial = error instanceof Denial ? error : internalError(error);
      cause = denial.cause;
      return denialResponse(denial, requestId);
    });
    response.headers.set(headerNames.requestId, requestId);
    response.headers.set("x-content-type-options", "nosniff");
    response.headers.set("cache-control", "no-store");
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) response.headers.set(name, value);
    options.onRequest?.({
      requestId,
      method: request.method,
      route: match?.route.path,
      status: response.status,
      durationMs: performance.now() - startedAt,
      ...(cause !== undefined && { cause }),
    });
    return response;

    async function answer(): Promise<Response> {
      const url = new URL(request.url);
      checkHost(request, url, hosts);
      checkOrigin(request, url, origins);
      if (!url.pathname.startsWith(`${basePath}/`)) throw notFound();
      if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
        return new Response(null, { status: 204, headers: preflightHeaders() });
      }
      match = matchRoute(request.method, url.pathname.slice(basePath.length));
      if (!match) throw notFound();
      return pass(match, url.search);
    }

    async function pass({ route, params }: RouteMatch, search: string): Promise<Response> {
      const leave = createLeaveSignal(request, context);
      const upstream = await forward(options.fetch ?? fetch, {
        url: `${upstreamBase}${buildPath(route.path, params)}${search}`,
        method: route.method,
        headers: upstreamHeaders(request, options.apiKey, requestId),
        body: request.body ?? undefined,
        signal: leave.signal,
      });
      if (upstream.status >= 300 && upstream.status < 400) {
        leave.abort();
        throw upstreamUnreachable(new Error("The API answered with a redirect."));
      }
      if (upstream.ok && !isOfKind(upstream.headers, route.kind)) {
        leave.abort();
        throw upstreamUnreachable(new Error("The API answered with an unexpected content type."));
      }
      const body = upstream.body && relayBody(upstream.body, leave.done);
      if (!body) leave.done();
      return new Response(body, { status: upstream.status, headers: browserHeaders(upstream.headers, route.kind) });
    }
  };
}

function internalError(cause: unknown): Denial {
  return new Denial(500, "INTERNAL_ERROR", "The gateway failed. Its log says why.", { cause });
}

/** Joins both ways in which a runtime says that the browser has gone, for one upstream request. */
function createLeaveSignal(request: Request, context: GatewayContext) {
  const controller = new AbortController();
  const sources = [request.signal, ...(context.signal ? [context.signal] : [])];
  const abort = () => controller.abort();
  const done = () => {
    for (const source of sources) source.removeEventListener("abort", abort);
  };
  for (const source of sources) {
    if (source.aborted) abort();
    else source.addEventListener("abort", abort, { once: true });
  }
  return { signal: controller.signal, abort, done };
}
