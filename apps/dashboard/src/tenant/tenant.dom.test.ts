import { expect, test } from "vitest";
import { userKey } from "./pageSession.js";
import { defaultTenant, tenantFromJson } from "./tenant.js";

test("a tenant file says only what it changes", () => {
  expect(tenantFromJson({ name: " Harbour ", attributionLabels: { user: "Dentist" } })).toEqual({
    ...defaultTenant,
    name: "Harbour",
    attributionLabels: { ...defaultTenant.attributionLabels, user: "Dentist" },
  });
});

test.each([null, [], "x", 3, { name: 3, accent: "red", readyTimeoutMs: -1, logoUrl: "", attributionLabels: [] }])(
  "a tenant file of the wrong shape (%j) leaves the defaults",
  (json) => {
    expect(tenantFromJson(json)).toEqual(defaultTenant);
  },
);

test("who is signed in, and whom one can switch to, is read where the server says it", () => {
  const account = { id: "dana", userName: "Dana Reyes", name: "Smile Studio", accent: "#0b6e75", isCurrent: true };
  const given = { externalWorkspaceId: "smile-studio-114", user: { id: "d.reyes", name: "Dana Reyes" }, accounts: [account] };
  expect(tenantFromJson(given)).toEqual({ ...defaultTenant, ...given });
});

test("an account that could not be shown is left out, and one without a colour gets the default's", () => {
  const accounts = [null, 3, { id: "a" }, { id: "b", userName: "B", name: "" }, { id: "c", userName: "C", name: "See", accent: "red" }];
  expect(tenantFromJson({ accounts }).accounts).toEqual([
    { id: "c", userName: "C", name: "See", accent: defaultTenant.accent, isCurrent: false },
  ]);
});

test.each([
  [{ externalWorkspaceId: "one" }, { externalWorkspaceId: "two" }],
  [{ user: { id: "a", name: "Same" } }, { user: { id: "b", name: "Same" } }],
  [{ user: { id: null, name: "One" } }, { user: { id: null, name: "Two" } }],
])("tabs of two users, %j and %j, share nothing", (one, other) => {
  const known = { ...defaultTenant, externalWorkspaceId: "w", user: { id: "u", name: "U" } };
  expect(userKey({ ...known, ...one })).not.toBe(userKey({ ...known, ...other }));
});

test("where the server does not say who is signed in, no tab shares with another", () => {
  expect(userKey(defaultTenant)).toBeNull();
});
