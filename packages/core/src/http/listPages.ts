import type { RouteName } from "@miosa/protocol";
import { asNumber, asString, isRecord } from "../guards.js";
import type { CallOptions } from "../options.js";
import { unwrapMany } from "../wire.js";
import type { Query, Transport } from "./transport.js";

/** More pages than this are a server that never ends, not a list. */
const mostPages = 10_000;

/** Routes that answer with a list without an id in their path. */
type ListRoute = Extract<RouteName, "GET /computers" | "GET /sandboxes" | "GET /usage/sessions">;

/** A list page by page, over both of the API's page styles and its cursors. Contract 1.6. */
export async function* listPages(
  transport: Transport,
  route: ListRoute,
  names: readonly string[],
  query: Query,
  options: CallOptions = {},
): AsyncGenerator<Record<string, unknown>[], void, void> {
  let pageSize = asNumber(query["page_size"]) ?? 0;
  let seen = 0;
  // A row that moves on to the next page while the list is read comes twice.
  const known = new Set<unknown>();
  let cursor = asString(query["cursor"]);
  for (let page = 1; page <= mostPages; page++) {
    // The first request names no page: a server that knows no pages then answers with everything.
    const place = page > 1 && cursor === undefined ? { page, page_size: pageSize, per_page: pageSize } : { cursor };
    const { items, beside } = unwrapMany(await transport.call(route, { params: {}, query: { ...query, ...place }, options }), ...names);
    const fresh = items.filter(({ id }) => id === undefined || (!known.has(id) && known.add(id)));
    if (fresh.length > 0) yield fresh;
    seen += items.length;
    const { total, size, nextCursor } = pageFacts(beside);
    const hasMore = nextCursor === undefined ? total !== undefined && seen < total : nextCursor !== cursor;
    if (!hasMore || items.length === 0) return;
    pageSize ||= size ?? items.length;
    cursor = nextCursor;
  }
}

/** Reads `meta`, `page` and the cursor, whichever the server sends. */
function pageFacts(beside: Record<string, unknown>) {
  const meta = isRecord(beside["meta"]) ? beside["meta"] : {};
  const page = isRecord(beside["page"]) ? beside["page"] : {};
  return {
    total: asNumber(meta["total"]) ?? asNumber(page["total"]),
    size: asNumber(meta["per_page"]) ?? asNumber(page["page_size"]),
    nextCursor: asString(meta["next_cursor"]) ?? asString(beside["next_cursor"]) ?? asString(page["next_cursor"]),
  };
}
