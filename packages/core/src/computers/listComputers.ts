import { computerRoutes } from "@miosa/protocol";
import { asNumber, isRecord } from "../guards.js";
import type { Query, Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { unwrapMany } from "../wire.js";
import { computerFromWire } from "./computerFromWire.js";
import type { Computer } from "./types.js";

/** More pages than this are a server that never ends, not a list. */
const mostPages = 1_000;

/** Every computer that the credential sees, newest first, over all pages. Contract 1.6. */
export async function listAllComputers(transport: Transport, query: Query, options?: CallOptions): Promise<Computer[]> {
  const computers: Computer[] = [];
  let pageSize = 0;
  for (let page = 1; page <= mostPages; page++) {
    // The first request names no page: a server that knows no pages then answers with everything.
    const pageQuery = page === 1 ? query : { ...query, page, page_size: pageSize, per_page: pageSize };
    const body = await transport.call(computerRoutes.list, { params: {}, query: pageQuery, options });
    const { items, beside } = unwrapMany(body, "computers", "sandboxes", "items");
    computers.push(...items.map(computerFromWire));
    const { total, size } = pageFacts(beside);
    if (page === 1) pageSize = size ?? items.length;
    if (items.length === 0 || total === undefined || computers.length >= total) break;
  }
  return computers;
}

/** Reads `meta` and `page`, whichever the server sends. */
function pageFacts(beside: Record<string, unknown>): { total: number | undefined; size: number | undefined } {
  const meta = isRecord(beside["meta"]) ? beside["meta"] : {};
  const page = isRecord(beside["page"]) ? beside["page"] : {};
  return {
    total: asNumber(meta["total"]) ?? asNumber(page["total"]),
    size: asNumber(meta["per_page"]) ?? asNumber(page["page_size"]),
  };
}
