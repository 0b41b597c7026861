import type { RouteName } from "@miosa/protocol";
import { asNumber, asString, isRecord } from "../guards.js";
import type { Query, Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { requireNumber, requireObject } from "../requireArguments.js";
import { unwrapMany } from "../wire.js";
import { computerFromWire } from "./computerFromWire.js";
import type { Attribution, Computer, EachOptions, ListSandboxesFilter } from "./types.js";

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
  let cursor = asString(query["cursor"]);
  for (let page = 1; page <= mostPages; page++) {
    // The first request names no page: a server that knows no pages then answers with everything.
    const place = page > 1 && cursor === undefined ? { page, page_size: pageSize, per_page: pageSize } : { cursor };
    const { items, beside } = unwrapMany(await transport.call(route, { params: {}, query: { ...query, ...place }, options }), ...names);
    if (items.length > 0) yield items;
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

const envelopes = ["computers", "sandboxes", "items"];

/** Every computer that the credential sees, newest first, over all pages. */
export async function listAllComputers(
  transport: Transport,
  query: Query,
  options?: CallOptions,
  route: ListRoute = "GET /computers",
): Promise<Computer[]> {
  const computers: Computer[] = [];
  for await (const items of listPages(transport, route, envelopes, query, options)) computers.push(...items.map(computerFromWire));
  return computers;
}

/** The same one by one; the next page is fetched when it is needed. Leaving the loop asks for no more. */
export async function* eachComputer(
  transport: Transport,
  filter: ListSandboxesFilter,
  { pageSize = 100, ...options }: EachOptions = {},
  route: ListRoute = "GET /computers",
): AsyncGenerator<Computer, void, void> {
  requireNumber("pageSize", pageSize, 1, 100);
  const query = { ...filterQuery(filter), page: 1, page_size: pageSize, per_page: pageSize };
  for await (const items of listPages(transport, route, envelopes, query, options)) {
    for (const item of items) {
      const computer = computerFromWire(item);
      if (matchesFilter(computer, filter)) yield computer;
    }
  }
}

/** The part of a filter that servers know. */
export function filterQuery(filter: ListSandboxesFilter): Query {
  requireObject("filter", filter);
  return {
    external_workspace_id: filter.externalWorkspaceId,
    external_user_id: filter.externalUserId,
    external_project_id: filter.externalProjectId,
  };
}

/** What filters look at. */
type Filtered = { [Member in "state" | keyof Attribution]?: Computer[Member] | undefined };

/** True when a sandbox passes a list's filter. Servers filter too, where they can. */
export function matchesFilter(sandbox: Filtered, filter: ListSandboxesFilter): boolean {
  const states = filter.state === undefined ? undefined : [filter.state].flat();
  return (
    (filter.externalWorkspaceId === undefined || sandbox.externalWorkspaceId === filter.externalWorkspaceId) &&
    (filter.externalUserId === undefined || sandbox.externalUserId === filter.externalUserId) &&
    (filter.externalProjectId === undefined || sandbox.externalProjectId === filter.externalProjectId) &&
    (states === undefined || (sandbox.state !== undefined && states.includes(sandbox.state)))
  );
}
