import type { Route } from "@miosa/protocol";
import { foreign, type GatewayCall, type GatewayParts } from "./answer/call.js";
import type { RouteTable } from "./matchRoute.js";
import { isRecord, unwrapRows } from "./wire.js";

/** Segments that name something inside the sandbox which has no id of its own. */
const innerNames = new Set(["key", "path"]);

/** Finds the route that lists what `:name` refers to within a sandbox: `:snapshot` is one of `/sandboxes/:id/snapshots`. */
export type FindListRoute = (path: string, name: string) => Route | undefined;

/** Makes a {@link FindListRoute} over a route table. */
export function createListFinder(table: RouteTable): FindListRoute {
  const all = Object.values(table).flatMap((group) => Object.values(group));
  return (path, name) => {
    const listPath = `/${path.split("/")[1]}/:id/${name}s`;
    return all.find((route) => route.method === "GET" && route.path === listPath);
  };
}

/** Segments of a route, besides the owned `:id`, that refer to other things. */
export function referencesIn(path: string): string[] {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  return names.includes("id") ? names.filter((name) => name !== "id" && !innerNames.has(name)) : [];
}

/**
 * Refuses a reference from an owned sandbox to something that is not part of it. The API sees one tenant, the platform, and
 * would restore one customer's snapshot into another's sandbox.
 */
export async function checkReferences(parts: GatewayParts, call: GatewayCall): Promise<void> {
  for (const name of referencesIn(call.match.route.path)) {
    await checkReference(parts, call, name, call.match.params[name]);
  }
}

/** Refuses `value` unless the sandbox's own list of `name`s has it. */
export async function checkReference(parts: GatewayParts, call: GatewayCall, name: string, value: unknown): Promise<void> {
  const route = parts.findListRoute(call.match.route.path, name);
  const { id } = call.match.params;
  if (!route || id === undefined || typeof value !== "string") throw foreign();
  const { body } = await parts.upstream.readJson({ route, params: { id }, requestId: call.requestId }, [call.gone]);
  const rows = unwrapRows(body, ["data", `${name}s`, "items"])?.rows ?? [];
  if (!rows.some((row) => isRecord(row) && (row["id"] === value || row[`${name}_id`] === value))) throw foreign();
}
