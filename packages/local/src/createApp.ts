import { randomUUID } from "node:crypto";
import { apiPrefix, headerNames } from "@miosa/protocol";
import { Hono } from "hono";
import { type Access, type Caller, mayUse } from "./access/access.js";
import { answerProblem, toProblem } from "./http/answerProblem.js";
import { HttpProblem } from "./http/httpProblem.js";
import { idempotency } from "./http/idempotency.js";
import type { LocalContext, LocalEnv } from "./http/localEnv.js";
import { rateLimit } from "./http/rateLimit.js";
import { requestBody } from "./http/requestBody.js";
import { requestFaults, streamFaults } from "./http/requestFaults.js";
import { requestGuard } from "./http/requestGuard.js";
import { whileConnected } from "./http/whileConnected.js";
import type { SavedAnswer } from "./http/savedAnswer.js";
import type { LogEntry, RequestLog } from "./requestLog.js";
import { absentRoutes } from "./routes/absentRoutes.js";
import { apiKeyRoutes } from "./routes/apiKeyRoutes.js";
import { appRoutes } from "./routes/appRoutes.js";
import { computerRoutes } from "./routes/computerRoutes.js";
import { desktopRoutes } from "./routes/desktopRoutes.js";
import { eventRoutes } from "./routes/eventRoutes.js";
import { exportRoutes } from "./routes/exportRoutes.js";
import { execRoutes } from "./routes/execRoutes.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./routes/localRoute.js";
import { fileRoutes } from "./routes/fileRoutes.js";
import { observationRoutes } from "./routes/observationRoutes.js";
import { previewRoutes } from "./routes/previewRoutes.js";
import { processRoutes } from "./routes/processRoutes.js";
import { mayWake, quotaRoutes } from "./routes/quotaRoutes.js";
import { readinessRoutes } from "./routes/readinessRoutes.js";
import { runRoutes } from "./routes/runRoutes.js";
import { sandboxFileRoutes } from "./routes/sandboxFileRoutes.js";
import { sandboxRoutes } from "./routes/sandboxRoutes.js";
import { settingRoutes } from "./routes/settingRoutes.js";
import { snapshotRoutes } from "./routes/snapshotRoutes.js";
import { wake } from "./sandboxes/wake.js";
import { terminalRoutes } from "./routes/terminalRoutes.js";
import { templateRoutes } from "./routes/templateRoutes.js";
import { tokenRoutes } from "./routes/tokenRoutes.js";
import { usageRoutes } from "./routes/usageRoutes.js";
import type { Journal } from "./state/journal.js";

/** What the app is made of. */
export interface AppParts extends RouteParts {
  log: RequestLog;
  allowOrigins: readonly string[];
  bodyLimitBytes: number;
  port: () => number;
  now: () => number;
  /** Where answers that may be asked for again are written, and those of an earlier server. */
  journal: Journal;
  savedAnswers: readonly SavedAnswer[];
  /** Aborts when the server closes. */
  closing: AbortSignal;
  onRequest: (entry: Readonly<LogEntry>) => void;
}

/** The API as a Hono app. A request passes: log → guard → key → faults → body → idempotency → its route. */
export function createApp(parts: AppParts): Hono<LocalEnv> {
  const app = new Hono<LocalEnv>();
  const table = [
    ...computerRoutes(parts),
    ...sandboxRoutes(parts),
    ...runRoutes(parts),
    ...settingRoutes(parts),
    ...snapshotRoutes(parts),
    ...previewRoutes(parts),
    ...readinessRoutes(parts),
    ...execRoutes(parts),
    ...terminalRoutes(parts),
    ...processRoutes(parts),
    ...observationRoutes(parts),
    ...templateRoutes(),
    ...appRoutes(parts),
    ...absentRoutes(parts),
    ...fileRoutes(parts),
    ...sandboxFileRoutes(parts),
    ...exportRoutes(parts),
    ...desktopRoutes(parts),
    ...eventRoutes(parts),
    ...usageRoutes(parts),
    ...quotaRoutes(parts),
    ...tokenRoutes(parts),
    ...apiKeyRoutes(parts),
  ].toSorted((a, b) => literalness(b.route.path).localeCompare(literalness(a.route.path)));
  const body = requestBody(parts.bodyLimitBytes);
  const repeat = idempotency(parts.now, parts.journal, parts.savedAnswers);

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
  if (parts.requestsPerMinute !== undefined) app.use(rateLimit(parts.requestsPerMinute, parts.now));
  app.use(async (context, next) => {
    parts.closing.throwIfAborted(); // what is created now would be left behind
    // Hono answers HEAD with the GET route, which would leave a stream open that nobody reads.
    if (context.req.method === "HEAD") throw methodNotAllowed(context, table);
    await next();
  });

  for (const { route, answer, streamsBody, scopes, wakes } of table) {
    const name = `${route.method} ${route.path}`;
    const before = [authenticate(parts.access, route, scopes), requestFaults(parts.faults, name, parts.closing)];
    if (route.kind === "sse") before.push(streamFaults(parts.faults, name, parts.streams));
    if (wakes) before.push(wakeFirst(parts));
    if (route.method !== "GET") before.push(written(parts));
    if (route.method !== "GET" && !streamsBody) before.push(body, repeat);
    if (streamsBody) before.unshift(closeUnread);
    app.on(route.method, [apiPrefix + route.path], ...before, answer);
  }

  app.notFound(async (context) => {
    await authenticate(parts.access)(context, async () => {});
    const problem = allowedMethods(context, table).length > 0 ? methodNotAllowed(context, table) : unknownRoute();
    return answerProblem(problem, context.get("entry"));
  });
  app.onError((error, context) => answerProblem(toProblem(error, parts.onError), context.get("entry")));
  return app;
}

function wakeFirst(parts: RouteParts): (context: LocalContext, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const record = namedRecord(context, parts);
    await mayWake(record, parts);
    await whileConnected(context, [], (signal) => wake(record, parts.store, signal));
    await next();
  };
}

/** A refusal may come before the body has been read: what is left of it must not be in the way of the connection's next request. */
async function closeUnread(context: LocalContext, next: () => Promise<void>): Promise<void> {
  await next();
  if (context.res.status >= 400) context.res.headers.set("connection", "close");
}

/** What a request changed outlives the server before the client is told that it is done. */
function written({ store }: AppParts): (context: LocalContext, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    await next();
    await store.written(context.req.param("id"));
  };
}

function authenticate(access: Access, route?: LocalRoute["route"], scopes?: LocalRoute["scopes"]): (context: LocalContext, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    if (route !== undefined) context.get("entry").route = `${route.method} ${route.path}`;
    const caller = callerOf(context, access, route);
    if (route !== undefined && !mayUse(caller, route, scopes)) {
      throw new HttpProblem("insufficient_scope", "This token's scopes do not allow it.");
    }
    context.set("caller", caller);
    context.set("tenantId", caller.tenantId);
    await next();
  };
}

function callerOf(context: LocalContext, access: Access, route: LocalRoute["route"] | undefined): Caller {
  const [, credential] = /^Bearer +(\S+)$/i.exec(context.req.header(headerNames.authorization) ?? "") ?? [];
  // Browsers can give no header to an EventSource or a link, so there a ticket does.
  const ticket = credential === undefined && (route?.kind === "sse" || route?.kind === "bytes") ? context.req.query("ticket") : undefined;
  const caller = credential === undefined ? ticket && access.callerOfTicket(ticket, new URL(context.req.url)) : access.callerOf(credential);
  if (caller) return caller;
  const message =
    credential !== undefined
      ? "This API key or token is not known here, or has expired."
      : ticket === undefined
        ? "Send the API key as Authorization: Bearer msk_…"
        : "This ticket was used already, or has expired.";
  throw new HttpProblem("invalid_token", message, { headers: { "www-authenticate": "Bearer" } });
}

/** Orders routes so that a literal segment is tried before a name, and what takes every path below it last. */
function literalness(path: string): string {
  if (path.endsWith("/*")) return "";
  return path
    .split("/")
    .map((segment) => (segment.startsWith(":") ? "0" : "1"))
    .join("");
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
    const rest = wanted.at(-1) === "*" && segments.length >= wanted.length;
    if (rest) wanted.pop();
    return (rest || wanted.length === segments.length) && wanted.every((part, at) => part.startsWith(":") ? segments[at] !== "" : part === segments[at]);
  };
  return table.filter(({ route }) => fits(route.path)).map(({ route }) => route.method);
}
