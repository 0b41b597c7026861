import { createTransport } from "@miosa/core";
import { expect, test } from "vitest";
import { rejection } from "../../test/rawTransport.js";
import { requestUrl } from "./requestUrl.js";

test.each([
  ["https://host", "https://host/computers/a"],
  ["https://host/", "https://host/computers/a"],
  ["https://host/api/v1///", "https://host/api/v1/computers/a"],
  ["https://host/api/v1?org=7", "https://host/api/v1/computers/a?org=7"],
  ["https://host/api/v1/?org=7#top", "https://host/api/v1/computers/a?org=7"],
  ["http://[::1]:4747/api/v1", "http://[::1]:4747/api/v1/computers/a"],
  ["https://host/a%2Fb", "https://host/a%2Fb/computers/a"],
])("puts a path below %s", (base, url) => {
  expect(requestUrl(base, "/computers/a")).toBe(url);
});

test("adds a call's query to that of the base", () => {
  expect(requestUrl("https://host/v1?org=7", "/usage", { start: "a b", tags: ["x", "y"], end: undefined })).toBe("https://host/v1/usage?org=7&start=a+b&tags=x&tags=y");
});

test("a page's own query and fragment are no part of a base that is a path", () => {
  Object.defineProperty(globalThis, "location", { value: { href: "https://app.test/dash/list?tab=1#row" }, configurable: true });
  try {
    expect(requestUrl("/api/miosa/", "/computers")).toBe("https://app.test/api/miosa/computers");
    expect(requestUrl("", "/computers")).toBe("https://app.test/computers");
  } finally {
    Reflect.deleteProperty(globalThis, "location");
  }
});

test.each(["/api/miosa", "", "ftp://host", "http://", "https://user:hush@host/v1"])("refuses %s without a page, and tells no password", async (baseUrl) => {
  const error = await rejection(createTransport({ baseUrl }).call("GET /computers", { params: {} }));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(String(error)).not.toContain("hush");
});

test("takes a URL object as the base", async () => {
  expect(createTransport({ baseUrl: new URL("https://host/v1/") }).address("GET /computers", { params: {} })).toBe("https://host/v1/computers");
});
