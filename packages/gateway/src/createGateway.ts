import { headerNames, routes, type Route, type RoutePermission } from "@miosa/protocol";
import { answers } from "./answer/answers.js";
import type { Answer, GatewayCall } from "./answer/call.js";
import { answerUpgrade, grantUpgrade } from "./answer/answerUpgrade.js";
import { Denial, denialResponse, forbidden, internalError, notFound } from "./denial.js";
import { checkSize, isUpgrade } from "./edges.js";
import type { Gateway, GatewayContext, GatewayOptions, GatewayRecord, UpgradeGrant } from "./gatewayOptions.js";
import { createLimiter } from "./limits.js";
import { createRouteMatcher, type RouteMatch, type RouteTable } from "./matchRoute.js";
import { checkHost, checkOrigin, corsHeaders, preflightHeaders } from "./origin.js";
import { createParts } from "./parts.js";
import { readQuery } from "./query.js";
import { isUsableSession, type GatewaySession } from "./session.js";
import { createDeadline, within } from "./timers.js";

/**
 * Makes a fetch handler that stands between browsers and the API. It adds the API key, lets through the routes that
 * `@miosa/protocol` lists and nothing else, and keeps every user inside the customer that `authorize` names.
 * Throws a `TypeError` on a missing key, a missing `authorize`, or a malformed URL.
 */
export function createGateway(options: GatewayOptions): Gateway {
  return createGatewayFor(routes, options);
}

/** {@link createGateway} over any route table. */
export function createGatewayFor(table: RouteTable, options: GatewayOptions): Gateway {
  if (typeof options.authorize !== "function") throw new TypeError("createGateway needs authorize: who may ask, and for whom.");
  const basePath = (options.basePath ?? "/api/miosa").replace(/\/+$/, "");
  const origins = new Set(options.origins);
  const hosts = options.hosts && new Set(options.hosts);
  const parts = createParts(table, options);
  const matchRoute = createRouteMatcher(table);
  const now = options.now ?? Date.now;
  const enter = createLimiter(parts.limits, now);

  /** Runs every check that does not depend on what the request names. */
  async function admit(request: Request, context: GatewayContext, record: GatewayRecord): Promise<GatewayCall> {
    const url = new URL(request.url);
    checkHost(request, url, hosts);
    checkOrigin(request, url, origins);
    checkSize(request, parts.limits);
    if (!url.pathname.startsWith(`${basePath}/`)) throw notFound("outside the gateway's path");
    const match = matchRoute(request.method, url.pathname.slice(basePath.length), isUpgrade(request));
    if (!match) throw notFound("no such route");
    record.route = match.route.path;
    const session = await authorize(request);
    record.externalWorkspaceId = session.externalWorkspaceId;
    if (!mayDo(session, match.route.permission)) throw forbidden("This session may not do this.", `lacks ${match.route.permission}`);
    const leave = enter(JSON.stringify([session.externalWorkspaceId ?? null]), isLasting(match.route) ? "streams" : "requests");
    try {
      const query = readQuery(url);
      const gone = createDeadline([request.signal, context.signal]);
      const leaveAll = (): void => {
        gone.done();
        leave();
      };
      return { request, match, query, session, requestId: record.requestId, gone: gone.signal, leave: leaveAll };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async function authorize(request: Request): Promise<GatewaySession> {
    const session = await within(Promise.resolve(options.authorize(request)), parts.limits.authorizeTimeoutMs);
    if (session === null) throw new Denial(401, "UNAUTHORIZED", "Sign in first.", { reason: "authorize said null" });
    if (!isUsableSession(session)) throw internalError(new TypeError("authorize answered something that is not a session."));
    if ((session.expiresAtMs ?? Infinity) <= now()) {
      throw new Denial(401, "UNAUTHORIZED", "Sign in again.", { reason: "the session has expired" });
    }
    return session;
  }

  function mayDo(session: GatewaySession, permission: RoutePermission): boolean {
    return session.can.includes(permission) && (options.can?.includes(permission) ?? true);
  }

  async function handle(request: Request, context: GatewayContext = {}): Promise<Response> {
    return recorded(request, async (record) => {
      if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
        checkOrigin(request, new URL(request.url), origins);
        return new Response(null, { status: 204, headers: preflightHeaders() });
      }
      return hold(await admit(request, context, record), (call) => answerOf(call.match)(parts, call));
    });
  }

  async function upgrade(request: Request): Promise<UpgradeGrant | Response> {
    let grant: UpgradeGrant | undefined;
    const response = await recorded(request, async (record) => {
      if (!isUpgrade(request)) throw new Denial(426, "UPGRADE_REQUIRED", "Only WebSockets are taken here.");
      const call = await admit(request, {}, record);
      return hold(call, async () => {
        grant = await grantUpgrade(parts, call);
        return new Response(null, { status: 204 });
      });
    });
    return grant ?? response;
  }

  /** Gives the call's place back when answering failed; when it succeeded, the answer does so at its end. */
  async function hold(call: GatewayCall, answer: (call: GatewayCall) => Promise<Response>): Promise<Response> {
    try {
      const response = await answer(call);
      if (!isRelayed(call.match)) call.leave();
      return response;
    } catch (error) {
      call.leave();
      throw error;
    }
  }

  async function recorded(request: Request, answer: (record: GatewayRecord) => Promise<Response>): Promise<Response> {
    const startedAt = performance.now();
    const record: GatewayRecord = {
      requestId: requestIdOf(request),
      method: request.method,
      route: undefined,
      status: 0,
      durationMs: 0,
      externalWorkspaceId: undefined,
    };
    let denial: Denial | undefined;
    const response = await answer(record).catch((error: unknown) => {
      denial = error instanceof Denial ? error : internalError(error);
      return denialResponse(denial, record.requestId);
    });
    // The headers of a 101 belong to the WebSocket handshake.
    if (response.status !== 101) finish(response.headers, request, record.requestId);
    record.status = response.status;
    record.durationMs = performance.now() - startedAt;
    if (denial) {
      const { extra, code, message } = denial;
      options.onDeny?.({ ...record, code, reason: extra.reason ?? message, cause: extra.cause });
    }
    options.onRequest?.(record);
    return response;
  }

  function finish(headers: Headers, request: Request, requestId: string): void {
    headers.set(headerNames.requestId, requestId);
    headers.set("x-content-type-options", "nosniff");
    headers.set("cache-control", "no-store");
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) headers.set(name, value);
  }

  return Object.assign(handle, { upgrade, close: () => parts.feed.close() });
}

function answerOf({ route, scope }: RouteMatch): Answer {
  return route.kind === "websocket" ? answerUpgrade : answers[scope];
}

/** True when the answer goes on after its headers, and gives the call's place back itself. */
function isRelayed({ scope }: RouteMatch): boolean {
  return scope === "resource" || scope === "feed";
}

function isLasting(route: Route): boolean {
  return route.kind === "sse" || route.kind === "websocket";
}

/** The browser's own id for the request where it is a plain one, so that its log and ours meet. */
function requestIdOf(request: Request): string {
  const given = request.headers.get(headerNames.requestId) ?? "";
  return /^[\w-]{8,64}$/.test(given) ? given : `req_${crypto.randomUUID()}`;
}

