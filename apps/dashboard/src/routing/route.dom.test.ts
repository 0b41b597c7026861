import { expect, test } from "vitest";
import { routeFromUrl, urlOfRoute, type Page } from "./route.js";

const noFilter = { workspace: "", user: "", project: "" };

test.each<[string, Page]>([
  ["/", { name: "home" }],
  ["/new", { name: "create" }],
  ["/usage", { name: "usage", choice: { period: { name: "30d" }, group: null } }],
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

test("the report that was chosen stands in the address, beside the filter", () => {
  const choice = { period: { name: "custom", from: "2026-05-01", to: "2026-05-03" }, group: "user" } as const;
  const url = urlOfRoute({ page: { name: "usage", choice }, filter: { ...noFilter, user: "d.reyes" } });
  expect(url).toBe("/usage?user=d.reyes&from=2026-05-01&to=2026-05-03&by=user");
  expect(routeFromUrl("/usage", url.slice("/usage".length)).page).toEqual({ name: "usage", choice });
});

test("an empty filter leaves no trace in the address", () => {
  expect(urlOfRoute({ page: { name: "create" }, filter: noFilter })).toBe("/new");
});
