import { randomUUID } from "node:crypto";
import { apiPrefix, headerNames } from "@miosa/protocol";
import { Hono } from "hono";
import type { ApiKeys } from "./apiKeys.js";
import { answerProblem, toProblem } from "./http/answerProblem.js";
import { HttpProblem } from "./http/httpProblem.js";
import { idempotency } from "./http/idempotency.js";
import type { LocalContext, LocalEnv } from "./http/localEnv.js";
import { requestBody } from "./http/requestBody.js";
import { requestFaults, streamFaults } from "./http/requestFaults.js";
import { requestGuard } from "./http/requestGuard.js";
import type { LogEntry, RequestLog } from "./requestLog.js";
import { computerRoutes } from "./routes/computerRoutes.js";
import { eventRoutes } from "./routes/eventRoutes.js";
import { execRoutes } from "./routes/execRoutes.js";
import type { LocalRoute, RouteParts } from "./routes/localRoute.js";
import { readinessRoutes } from "./routes/readinessRoutes.js";

/** What the app is made of. */
export interface AppParts extends RouteParts {
  keys: ApiKeys;
  log: RequestLog;
  allowOrigins: readonly string[];
  bodyLimitBytes: number;
  port: () => number;
  now: () => number;
  /** Aborts when the server closes. */
  closing: AbortSignal;
  onRequest: (entry: Readonly<LogEntry>) => void;
  onError: (error: unknown) => void;
}

/** The API as a Hono app. A request passes: log → guard → key → faults → body → idempotency → its route. */
export function createApp(parts: AppParts): Hono<LocalEnv> {
  const app = new Hono<LocalEnv>();
  const table = [...computerRoutes(parts), ...readinessRoutes(parts), ...execRoutes(parts), ...eventRoutes(parts)];
  const body = requestBody(parts.bodyLimitBytes);
  const repeat = idempotency(parts.now);

  app.use(async (context, next) => {
    const startedAt = performance.now();
    const entry: LogEntry = {
      id: `req_${randomUUID()}`,
      method: context.req.method,
      path: new URL(context.req.url).pathname,
      startedAt: parts.now(),
    };
    context.set("entry", entry);
    parts.log.add(entry);
    await next();
    context.res.headers.set(headerNames.requestId, entry.id);
    entry.status = context.res.status;
    entry.durationMs = performance.now() - startedAt;
    parts.onRequest({ ...entry });
  });
  app.use(requestGuard(parts.allowOrigins, parts.port));
  app.use(async (context, next) => {
    parts.closing.throwIfAborted(); // what is created now would be left behind
    // Hono answers HEAD with the GET route, which would leave a stream open that nobody reads.
    if (context.req.method === "HEAD") throw methodNotAllowed(context, table);
    await next();
  });

  for (const { route, answer } of table) {
    const name = `${route.method} ${route.path}`;
    const before = [authenticate(parts.keys, name), requestFaults(parts.faults, name, parts.closing)];
    if (route.kind === "sse") before.push(streamFaults(parts.faults, name, parts.streams));
    if (route.method !== "GET") before.push(body, repeat);
    app.on(route.method, [apiPrefix + route.path], ...before, answer);
  }

  app.notFound(async (context) => {
    await authenticate(parts.keys)(context, async () => {});
    const problem = allowedMethods(context, table).length > 0 ? methodNotAllowed(context, table) : unknownRoute();
    return answerProblem(problem, context.get("entry"));
  });
  app.onError((error, context) => answerProblem(toProblem(error, parts.onError), context.get("entry")));
  return app;
}

function authenticate(keys: ApiKeys, route?: string): (context: LocalContext, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const entry = context.get("entry");
    if (route !== undefined) entry.route = route;
    const [, key] = /^Bearer +(\S+)$/i.exec(context.req.header(headerNames.authorization) ?? "") ?? [];
    const tenantId = key === undefined ? undefined : keys.tenantOf(key);
    if (tenantId === undefined) {
      const message = key === undefined ? "Send the API key as Authorization: Bearer msk_…" : "This API key is not known here.";
      throw new HttpProblem("invalid_token", message, { headers: { "www-authenticate": "Bearer" } });
    }
    context.set("tenantId", tenantId);
    await next();
  };
}

function unknownRoute(): HttpProblem {
  return new HttpProblem("NOT_FOUND", `There is no such route. The API's routes start with ${apiPrefix}.`);
}

function methodNotAllowed(context: LocalContext, table: readonly LocalRoute[]): HttpProblem {
  const allow = allowedMethods(context, table);
  if (allow.length === 0) return unknownRoute();
  return new HttpProblem("METHOD_NOT_ALLOWED", `This route takes ${allow.join(", ")}.`, { headers: { allow: allow.join(", ") } });
}

function allowedMethods(context: LocalContext, table: readonly LocalRoute[]): string[] {
  const segments = new URL(context.req.url).pathname.split("/");
  const fits = (path: string): boolean => {
    const wanted = (apiPrefix + path).split("/");
    return wanted.length === segments.length && wanted.every((part, at) => part.startsWith(":") ? segments[at] !== "" : part === segments[at]);
  };
  return table.filter(({ route }) => fits(route.path)).map(({ route }) => route.method);
}
