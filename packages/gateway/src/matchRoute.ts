import type { Route, RouteScope } from "@miosa/protocol";

/** Routes by namespace, in the shape of protocol's `routes`. */
export type RouteTable = Readonly<Record<string, Readonly<Record<string, Route>>>>;

/** A route's scope, or `resource` for one that addresses an `:id` and needs no more. */
export type ScopeName = RouteScope | "resource";

/** A route and the decoded values of its `:name` segments. */
export interface RouteMatch {
  route: Route;
  scope: ScopeName;
  params: Readonly<Record<string, string>>;
}

/**
 * Compiles a route table into a function that finds the one route a raw, still encoded path stands for.
 * Where two routes fit, the one with the earlier literal segment wins, as it does on the server.
 */
export function createRouteMatcher(
  table: RouteTable,
): (method: string, path: string, isUpgrade: boolean) => RouteMatch | undefined {
  const compiled = Object.values(table)
    .flatMap((group) => Object.values(group))
    .flatMap(openRoute)
    .toSorted((a, b) => literalness(b.segments).localeCompare(literalness(a.segments)));
  return (method, path, isUpgrade) => {
    if (!path.startsWith("/")) return undefined;
    const segments = path.slice(1).split("/");
    for (const candidate of compiled) {
      if (candidate.route.method !== method || candidate.segments.length !== segments.length) continue;
      if (isUpgrade !== (candidate.route.kind === "websocket")) continue;
      const params = matchSegments(candidate.segments, segments);
      if (params) return { route: candidate.route, scope: candidate.scope, params };
    }
    return undefined;
  };
}

/** A route that no `:id` and no scope keeps inside a tenant is not there for browsers. */
function openRoute(route: Route): { route: Route; scope: ScopeName; segments: string[] }[] {
  const segments = route.path.slice(1).split("/");
  const scope = route.scope ?? (segments.includes(":id") ? "resource" : undefined);
  return scope ? [{ route, scope, segments }] : [];
}

function literalness(pattern: readonly string[]): string {
  return pattern.map((segment) => (segment.startsWith(":") ? "0" : "1")).join("");
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (!expected.startsWith(":")) {
      if (segment !== expected) return undefined;
      continue;
    }
    const name = expected.slice(1);
    const value = name === "id" ? resourceId(segment) : decodedSegment(segment);
    if (value === undefined) return undefined;
    params[name] = value;
  }
  return params;
}

/** Ids are looked up and compared, so none may have a second spelling: no escapes, no dots at the front, no case games. */
const idPattern = /^[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}$/;

function resourceId(segment: string): string | undefined {
  return idPattern.test(segment) ? segment : undefined;
}

// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const unsafeInSegment = /[/\\%\u0000-\u001f\u007f]/;

function decodedSegment(segment: string): string | undefined {
  if (segment === "" || segment.length > 1024) return undefined;
  const value = decode(segment);
  if (value === undefined || unsafeInSegment.test(value) || /^\.{1,2}$/.test(value)) return undefined;
  return value;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // a malformed escape stands for no value
  }
}
