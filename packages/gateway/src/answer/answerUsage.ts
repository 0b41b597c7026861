import { forbidden, upstreamUnreachable } from "../denial.js";
import { attributedQuery } from "../query.js";
import type { GatewaySession } from "../session.js";
import { isRecord, unwrapRows } from "../wire.js";
import { foreign, jsonResponse, type Answer, type GatewayCall, type GatewayParts } from "./call.js";

const rowKeys = ["results", "data", "items"];
/** What an answer may say beside its rows. Totals would be those of all tenants where the filter is not known. */
const besideKeys = ["period_start", "period_end", "period", "currency", "next_cursor"];
const idKeys = ["computer_id", "sandbox_id"];

/**
 * Answers a report on usage, limited to the tenant upstream and checked again here: each row by the attribution or the
 * id it carries. Rows that carry neither, such as sums by user, are believed only if the API shows that it knows the filter.
 */
export const answerUsage: Answer = async (parts, call) => {
  const { session, query } = call;
  if (session.sandboxIds || session.isolation === "user") throw forbidden("This session cannot read its customer's usage.");
  for (const key of idKeys) {
    const id = query.get(key);
    if (id !== null && !(await isOwnId(parts, session, id))) throw foreign();
  }
  const body = await readUsage(parts, call, attributedQuery(query, session));
  if (session.operator) return jsonResponse(200, body);
  const list = unwrapRows(body, rowKeys);
  if (!list) return jsonResponse(200, ownSummary(body, session));

  const proofs = await Promise.all(list.rows.map((row) => proveRow(parts, session, row)));
  const rows = list.rows.filter((_, index) => proofs[index] !== "foreign");
  if (proofs.includes("unknown") && !(await knowsFilter(parts, call))) {
    throw upstreamUnreachable(new Error("The API does not limit usage by external_workspace_id."));
  }
  const beside = Object.entries(list.beside).filter(([key]) => besideKeys.includes(key));
  return jsonResponse(200, { ...Object.fromEntries(beside), ...pageOf(list.beside), [rowKeyOf(body)]: rows });
};

async function readUsage(parts: GatewayParts, { match, requestId, gone }: GatewayCall, query: URLSearchParams): Promise<unknown> {
  const answer = await parts.upstream.readJson({ route: match.route, params: match.params, query, requestId }, [gone]);
  return answer.body;
}

/** A report in one object must say whose it is. */
function ownSummary(body: unknown, session: GatewaySession): unknown {
  const summary = isRecord(body) && isRecord(body["data"]) ? body["data"] : body;
  if (!isRecord(summary) || summary["external_workspace_id"] !== session.externalWorkspaceId) throw foreign();
  return body;
}

async function proveRow(parts: GatewayParts, session: GatewaySession, row: unknown): Promise<"own" | "foreign" | "unknown"> {
  if (!isRecord(row)) return "foreign";
  if ("external_workspace_id" in row) return row["external_workspace_id"] === session.externalWorkspaceId ? "own" : "foreign";
  for (const key of idKeys) {
    const id = row[key];
    if (typeof id === "string") return (await isOwnId(parts, session, id)) ? "own" : "foreign";
  }
  return "unknown";
}

async function isOwnId(parts: GatewayParts, session: GatewaySession, id: string): Promise<boolean> {
  if (!/^\w[\w.~-]{0,127}$/.test(id)) return false;
  return parts.ownership.isOwned(session, parts.collectionOf("/computers/:id"), id);
}

/** Asks for the same report by workspace: an API that knows the filter answers with the tenant's row only. */
async function knowsFilter(parts: GatewayParts, call: GatewayCall): Promise<boolean> {
  const query = attributedQuery(call.query, call.session);
  query.delete("groupBy");
  query.set("group_by", "external_workspace_id");
  const list = unwrapRows(await readUsage(parts, call, query), rowKeys);
  if (!list || list.rows.length === 0) return false;
  return list.rows.every((row) => isRecord(row) && row["external_workspace_id"] === call.session.externalWorkspaceId);
}

function pageOf(beside: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const meta = beside["meta"];
  if (!isRecord(meta) || typeof meta["next_cursor"] !== "string") return {};
  return { meta: { next_cursor: meta["next_cursor"] } };
}

function rowKeyOf(body: unknown): string {
  const holder = isRecord(body) ? body : {};
  return rowKeys.find((key) => Array.isArray(holder[key])) ?? "data";
}

