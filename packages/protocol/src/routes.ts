import { computerRoutes, desktopRoutes, execRoutes, fileRoutes } from "./computerRoutes.js";
import { readinessRoutes, sandboxRoutes } from "./sandboxRoutes.js";
import { eventRoutes, tokenRoutes, usageRoutes } from "./tenantRoutes.js";

/** Every route the client calls, by namespace. The gateway lets nothing else through. */
export const routes = {
  computers: computerRoutes,
  readiness: readinessRoutes,
  exec: execRoutes,
  files: fileRoutes,
  desktop: desktopRoutes,
  sandboxes: sandboxRoutes,
  events: eventRoutes,
  usage: usageRoutes,
  tokens: tokenRoutes,
} as const;

type NamesOf<Group> = Group extends Record<string, infer Entry>
  ? Entry extends { method: infer Method extends string; path: infer Path extends string }
    ? `${Method} ${Path}`
    : never
  : never;

/**
 * Method and path of one of {@link routes}, such as `"GET /computers/:id"`. The client addresses routes by these names, so
 * that an app's bundle holds those which it calls and not the table.
 */
export type RouteName = NamesOf<(typeof routes)[keyof typeof routes]>;

/** Names of the `:name` segments in a route's name or path. */
export type RouteParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | RouteParams<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/**
 * Fills a route's `:name` segments, each percent-encoded, and returns the path relative to the base URL. Throws a RangeError for
 * an empty value, and for `.` and `..`, which every URL parser folds away, escaped or not.
 */
export function buildPath<Path extends string>(path: Path, params: Readonly<Record<RouteParams<Path>, string>>): string {
  const values: Readonly<Record<string, unknown>> = params;
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (typeof value === "string" && !/^\.{0,2}$/.test(value)) return encodeURIComponent(value);
    throw new RangeError(`${name} must be a non-empty string other than "." and "..".`);
  });
}
