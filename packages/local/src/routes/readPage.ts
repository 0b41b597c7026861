import type { WirePages } from "@miosa/protocol";
import { validationProblem } from "../http/httpProblem.js";

const maxPageSize = 100;

/** One page of a list with both of the API's page members, or the whole list when no page is asked for. Contract 1.6. */
export function readPage<Item>(items: readonly Item[], query: Readonly<Record<string, string>>): { data: readonly Item[] } & WirePages {
  const total = items.length;
  const sizeName = query["page_size"] === undefined ? "per_page" : "page_size";
  const isPaged = query["page"] !== undefined || query[sizeName] !== undefined;
  const page = readCount("page", query["page"], 1, Number.MAX_SAFE_INTEGER);
  const size = isPaged ? readCount(sizeName, query[sizeName], 20, maxPageSize) : Math.max(total, 1);
  const data = items.slice((page - 1) * size, page * size);
  return { data, meta: { total, page, per_page: size }, page: { page, page_size: size, total } };
}

function readCount(name: string, text: string | undefined, usual: number, max: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw validationProblem({ [name]: [`must be a whole number from 1 to ${max}`] });
}
