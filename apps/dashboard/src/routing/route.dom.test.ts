import { expect, test } from "vitest";
import { routeFromUrl, urlOfRoute, type Page } from "./route.js";

const noFilter = { workspace: "", user: "", project: "" };

test.each<[string, Page]>([
  ["/", { name: "home" }],
  ["/new", { name: "create" }],
  ["/usage", { name: "usage" }],
  ["/usage/more", { name: "unknown" }],
  ["/sandboxes/sbx_1", { name: "sandbox", id: "sbx_1" }],
  ["/sandboxes/a%2Fb%20c", { name: "sandbox", id: "a/b c" }],
  ["/sandboxes", { name: "unknown" }],
  ["/sandboxes/a/b", { name: "unknown" }],
  ["/sandboxes/%zz", { name: "unknown" }],
  ["/elsewhere", { name: "unknown" }],
])("%s names a page", (path, page) => {
  expect(routeFromUrl(path, "").page).toEqual(page);
});

test("an address and its route say the same, filter and odd ids included", () => {
  const route = { page: { name: "sandbox", id: "ä/?#&" } as const, filter: { workspace: "a b&c", user: "", project: "=%" } };
  const { pathname, search } = new URL(urlOfRoute(route), "http://x.test");
  expect(routeFromUrl(pathname, search)).toEqual(route);
});

test("an empty filter leaves no trace in the address", () => {
  expect(urlOfRoute({ page: { name: "create" }, filter: noFilter })).toBe("/new");
});
