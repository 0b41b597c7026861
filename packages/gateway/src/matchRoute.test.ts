import { expect, test } from "vitest";
import { createRouteMatcher } from "./matchRoute.js";

const base = { method: "GET", permission: "read", kind: "json" } as const;
const matchRoute = createRouteMatcher({
  all: {
    byId: { ...base, path: "/sandboxes/:id/:part" },
    byName: { ...base, path: "/sandboxes/by-name/:name", scope: "find" },
    closed: { ...base, path: "/plan" },
  },
});

test.each(["%2e%2e", "%2e", "..", ".", "", "%2f", "%5c", "%00", "%7f", "%25", "%zz", "%c0%af", "a".repeat(1025)])("the name %j matches nothing", (name) => {
  expect(matchRoute("GET", `/sandboxes/by-name/${name}`, false)).toBeUndefined();
});

test("a name is decoded once", () => {
  expect(matchRoute("GET", "/sandboxes/by-name/customer%20builder", false)?.params).toEqual({ name: "customer builder" });
});

test("a literal segment goes before a parameter, whatever their order in the table", () => {
  expect(matchRoute("GET", "/sandboxes/by-name/x", false)?.scope).toBe("find");
  expect(matchRoute("GET", "/sandboxes/s-1/x", false)?.scope).toBe("resource");
});

test("a route that nothing keeps inside a tenant is not there", () => {
  expect(matchRoute("GET", "/plan", false)).toBeUndefined();
});
