import { Denial } from "./denial.js";
import type { GatewaySession } from "./session.js";
import { plainName, reachesOut } from "./tenancyFields.js";

/** Keys that a command's arguments and a download's paths repeat. Contract 4.8 and 6.5. */
const repeatable = new Set(["args", "env", "paths[]"]);

/** Other ways to hand over a credential, which would take the place of the gateway's own, and method overrides. As `plainName` writes them. */
const credentials = new Set([
  "accesstoken",
  "apikey",
  "authorization",
  "bearer",
  "key",
  "method",
  "ms",
  "mt",
  "previewtoken",
  "ticket",
  "token",
]);

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}(\[\])?$/;

/** A query of the browser, read strictly: no key twice, no key that reaches beyond the tenant. Throws a 400. */
export function readQuery(url: URL): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of url.searchParams) {
    if (!namePattern.test(name) || credentials.has(plainName(name))) throw refusedQuery();
    if (query.has(name) && !repeatable.has(name)) throw refusedQuery();
    query.append(name, value);
  }
  return query;
}

/** Refuses what a request about one resource has no use for. */
export function checkResourceQuery(query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (reachesOut(name)) throw refusedQuery();
  }
}

/** The query of a list or a report: the session's attribution over whatever was asked for. */
export function attributedQuery(query: URLSearchParams, session: GatewaySession): URLSearchParams {
  const attributed = new URLSearchParams();
  for (const [name, value] of query) {
    const isLabelFilter = name === "external_user_id" || name === "external_project_id" || name === "external_workspace_id";
    if (reachesOut(name) && !isLabelFilter) throw refusedQuery();
    attributed.append(name, value);
  }
  if (!session.operator) attributed.set("external_workspace_id", session.externalWorkspaceId);
  if (session.isolation === "user") attributed.set("external_user_id", session.externalUserId ?? "");
  return attributed;
}

function refusedQuery(): Denial {
  return new Denial(400, "BAD_REQUEST", "The query has a parameter that may not be set here, or one twice.");
}
