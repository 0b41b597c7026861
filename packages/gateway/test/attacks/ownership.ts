import { attackedRoutes } from "../attackedGateway.js";
import type { Route } from "@miosa/protocol";
import { json, lookup, type Attack } from "./attack.js";

const allRoutes: readonly Route[] = Object.values(attackedRoutes).flatMap((group) => Object.values(group));
const isOpen = (route: Route): boolean => route.scope !== undefined || route.path.includes(":id");
const openRoutes = allRoutes.filter(isOpen);

/** A request for a route, well-formed in every respect. */
function requestFor(route: Route, id: string): Pick<Attack, "method" | "path" | "headers" | "body"> {
  const path = `/api/miosa${route.path.replace(":id", id).replace(/:\w+/g, "x")}`;
  const takesBody = route.method !== "GET" && route.method !== "DELETE";
  const upgrade = [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["sec-websocket-version", "13"],
  ] as const;
  return {
    method: route.method,
    path,
    ...(takesBody && { headers: json, body: "{}" }),
    ...(route.kind === "websocket" && { headers: upgrade }),
  };
}

function foreign(route: Route, id: string, as: string, what: string, reaches: readonly string[]): Attack {
  return { name: `${route.method} ${route.path} of ${what}`, as, ...requestFor(route, id), status: 404, code: "NOT_FOUND", reaches };
}

/** Every route that addresses a resource, those that join later included, with ids that are not the user's. */
export const ownershipAttacks: readonly Attack[] = openRoutes
  .filter(({ path }) => path.includes(":id"))
  .flatMap((route) => [
    foreign(route, "globex-1", "ann", "another tenant", [lookup("globex-1")]),
    foreign(route, "ghost", "ann", "nobody", [lookup("ghost")]),
    foreign(route, "orphan-1", "ann", "a customer unknown to the API", [lookup("orphan-1")]),
    foreign(route, "acme-2", "private", "a colleague, where users are apart", [lookup("acme-2")]),
    foreign(route, "acme-3", "private", "the whole team, where users are apart", [lookup("acme-3")]),
    ...(route.scope === "create"
      ? []
      : [
          foreign(route, "acme-2", "limited", "the tenant but not the session", []),
          foreign(route, "globex-1", "limited", "another tenant, though the session lists it", [lookup("globex-1")]),
        ]),
  ]);

/** Every open route without a session, and with one that lacks its permission. */
export const permissionAttacks: readonly Attack[] = openRoutes.flatMap((route): Attack[] => [
  { name: `${route.method} ${route.path} without a session`, as: null, ...requestFor(route, "acme-1"), status: 401, code: "UNAUTHORIZED" },
  { name: `${route.method} ${route.path} with an expired session`, as: "expired", ...requestFor(route, "acme-1"), status: 401 },
  { name: `${route.method} ${route.path} without its permission`, as: "nothing", ...requestFor(route, "acme-1"), status: 403, code: "FORBIDDEN" },
  ...(route.permission === "read"
    ? [{ name: `${route.method} ${route.path} by who may only create`, as: "creator", ...requestFor(route, "acme-1"), status: 403 }]
    : [{ name: `${route.method} ${route.path} by who may only read`, as: "reader", ...requestFor(route, "acme-1"), status: 403 }]),
]);

/** Answers of `authorize` that are no session. */
export const sessionAttacks: readonly Attack[] = [
  "empty",
  "blank",
  "none",
  "nullish",
  "wildcard",
  "cannot",
  "both",
  "maybe",
  "alone",
  "listed",
  "dated",
  "renamed",
  "apart",
  "throws",
].map((as): Attack => ({ name: `profits from a platform that answers a ${as} session`, as, path: "/api/miosa/computers", status: 500, code: "INTERNAL_ERROR" }));
