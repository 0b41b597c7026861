import { Denial, upstreamUnreachable } from "../denial.js";
import { attributedQuery } from "../query.js";
import { mayTouchId, owns } from "../session.js";
import { isRecord, readResource, unwrapRows, type Resource } from "../wire.js";
import { jsonResponse, type Answer, type GatewayCall, type GatewayParts } from "./call.js";

const listKeys = ["data", "computers", "sandboxes", "items"];
const upstreamPageSize = 100;
const longestPage = 100;

/**
 * Answers a list with the tenant's rows. All pages are read upstream and paged anew: where the API does not know the
 * attribution filter, its own pages and totals are those of all tenants together.
 */
export const answerList: Answer = async (parts, call) => {
  const page = readPage(call.query);
  const rows = await readOwnRows(parts, call);
  const shown = page ? rows.slice((page.number - 1) * page.size, page.number * page.size) : rows;
  const number = page?.number ?? 1;
  const size = page?.size ?? rows.length;
  return jsonResponse(200, {
    data: shown.map(({ body }) => body),
    meta: { total: rows.length, page: number, per_page: size },
    page: { total: rows.length, page: number, page_size: size },
  });
};

async function readOwnRows(parts: GatewayParts, call: GatewayCall): Promise<Resource[]> {
  const { session, match } = call;
  const collection = parts.collectionOf(match.route.path);
  const query = attributedQuery(call.query, session);
  for (const name of ["page", "page_size", "per_page"]) query.delete(name);
  const seen = new Set<string>();
  const own: Resource[] = [];
  // Page 0 is a request that names no page: a server that knows no pages then answers with everything.
  for (let page = 0; seen.size < parts.limits.listRows; page++) {
    if (page > 0) query.set("page", String(page));
    if (page === 1) {
      query.set("page_size", String(upstreamPageSize));
      query.set("per_page", String(upstreamPageSize));
    }
    const { body } = await parts.upstream.readJson(
      { route: match.route, params: match.params, query, requestId: call.requestId },
      [call.gone],
    );
    const list = unwrapRows(body, listKeys);
    if (!list) throw upstreamUnreachable(new Error("The API answered a list without rows."));
    const before = seen.size;
    for (const row of list.rows) {
      const resource = readResource(row);
      if (!resource || seen.has(resource.id)) continue;
      seen.add(resource.id);
      if (!owns(session, resource.owner) || !mayTouchId(session, resource.id)) continue;
      parts.ownership.learn(session, collection, resource);
      own.push(resource);
    }
    const isOver = list.rows.length === 0 || seen.size >= readTotal(list.beside);
    // Page 1 repeats what page 0 showed; a later page that shows nothing new comes from a server that does not turn pages.
    if (isOver || (page > 1 && seen.size === before)) break;
  }
  return own;
}

/** How many rows the API says there are; 0 when it says nothing, as then there is only one page. */
function readTotal(beside: Readonly<Record<string, unknown>>): number {
  for (const facts of [beside["meta"], beside["page"]]) {
    if (isRecord(facts) && typeof facts["total"] === "number") return facts["total"];
  }
  return 0;
}

function readPage(query: URLSearchParams): { number: number; size: number } | undefined {
  const number = query.get("page");
  const size = query.get("page_size") ?? query.get("per_page");
  if (number === null && size === null) return undefined;
  return { number: readCount(number ?? "1", Number.MAX_SAFE_INTEGER), size: Math.min(readCount(size ?? "20", 1e6), longestPage) };
}

function readCount(text: string, most: number): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Denial(400, "BAD_REQUEST", "page and page_size are whole numbers from 1.");
  return count;
}
