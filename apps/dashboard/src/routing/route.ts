import { choiceFromParams, paramsOfChoice, type UsageChoice } from "../usage/usageChoice.js";

/** The three attribution filters of a list, as they stand in the address. */
export interface AttributionFilter {
  workspace: string;
  user: string;
  project: string;
}

/** Where the page is. */
export type Page = { name: "home" } | { name: "create" } | { name: "usage"; choice?: UsageChoice } | { name: "sandbox"; id: string } | { name: "unknown" };

/** A page and the filter of the list beside it. */
export interface Route {
  page: Page;
  filter: AttributionFilter;
}

/** Keys of {@link AttributionFilter}, in the order in which they are shown. */
export const filterKeys = ["workspace", "user", "project"] as const;

/** Reads a route from an address. A path that is not well encoded is an unknown page. */
export function routeFromUrl(pathname: string, search: string): Route {
  const params = new URLSearchParams(search);
  const filter = {
    workspace: params.get("workspace") ?? "",
    user: params.get("user") ?? "",
    project: params.get("project") ?? "",
  };
  return { page: pageFromPath(pathname, params), filter };
}

/** Writes the address of a route. */
export function urlOfRoute({ page, filter }: Route): string {
  const params = new URLSearchParams(filterKeys.filter((key) => filter[key] !== "").map((key) => [key, filter[key]]));
  if (page.name === "usage" && page.choice !== undefined) for (const [name, value] of paramsOfChoice(page.choice)) params.set(name, value);
  const query = params.toString();
  return query === "" ? pathOfPage(page) : `${pathOfPage(page)}?${query}`;
}

function pageFromPath(pathname: string, params: URLSearchParams): Page {
  const [first, second, ...rest] = pathname.split("/").filter((part) => part !== "");
  if (first === undefined) return { name: "home" };
  if (rest.length > 0) return { name: "unknown" };
  if (first === "new" && second === undefined) return { name: "create" };
  if (first === "usage" && second === undefined) return { name: "usage", choice: choiceFromParams(params) };
  if (first !== "sandboxes" || second === undefined) return { name: "unknown" };
  try {
    return { name: "sandbox", id: decodeURIComponent(second) };
  } catch {
    return { name: "unknown" }; // "%" without two hex digits names nothing
  }
}

function pathOfPage(page: Page): string {
  if (page.name === "create") return "/new";
  if (page.name === "usage") return "/usage";
  if (page.name === "sandbox") return `/sandboxes/${encodeURIComponent(page.id)}`;
  return "/";
}
