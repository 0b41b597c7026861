import { type Route, routes } from "@miosa/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

let server: LocalServer;
let id: string;
beforeAll(async () => {
  server = await createLocalServer();
  id = await createReady(server);
});
afterAll(() => server.close());

async function tokenOf(...scopes: string[]): Promise<string> {
  return String((await call(server, "POST", "/tokens/scoped", { body: { user_id: "u", workspace_id: "w", scopes } })).body["token"]);
}

/** Which scopes let a token use a route that needs a permission. */
const scopesOf = {
  read: ["sandboxes:read", "sandboxes:write", "computers:read", "computers:write"],
  create: ["sandboxes:create", "sandboxes:write", "computers:write"],
  exec: ["sandboxes:exec", "sandboxes:write", "computers:write"],
  files: ["sandboxes:exec", "sandboxes:write", "computers:write"],
  delete: ["sandboxes:write", "computers:write"],
} as const;

const allScopes = ["sandboxes:read", "sandboxes:create", "sandboxes:exec", "sandboxes:write", "computers:read", "computers:write", "usage:read", "previews:write"];

const groups: readonly Readonly<Record<string, Route>>[] = Object.values(routes);
const everyRoute = groups.flatMap((group) => Object.values(group));

describe.each(allScopes)("a token of the scope %s", (scope) => {
  test("is let in to the routes that its scope is for, and is refused by 403 at every other", async () => {
    const key = await tokenOf(scope);
    for (const { method, path, permission, kind } of everyRoute) {
      if (kind === "websocket") continue;
      // An id that is nobody's: whoever is let in finds nothing, and nothing is changed.
      const place = path.replace(":id", "nobodys").replace(/:\w+/g, "x");
      const isUsage = path.startsWith("/usage");
      const isPreview = path.includes("/previews");
      const wanted = isUsage ? ["usage:read"] : path === "/tokens/scoped" ? [] : [...scopesOf[permission], ...(isPreview ? ["previews:write"] : [])];
      const mayUse = path === "/auth/sse-ticket" || wanted.includes(scope);
      const answer = await callShortly(method, place, key);
      expect([scope, method, path, answer === 403]).toEqual([scope, method, path, !mayUse]);
    }
  });
});

/** The status of an answer whose body, which may be a stream without end, is not read. */
async function callShortly(method: string, path: string, key: string): Promise<number> {
  const abort = new AbortController();
  const response = await fetch(server.baseUrl + path, { method, headers: { authorization: `Bearer ${key}` }, signal: abort.signal });
  abort.abort();
  return response.status;
}

test("a ticket does what its minter may, at one stream of server-sent events, once", async () => {
  const [exec, read] = [await tokenOf("sandboxes:exec"), await tokenOf("sandboxes:read")];
  const ticketOf = async (key: string): Promise<string> => String((await call(server, "POST", "/auth/sse-ticket", { key })).body["ticket"]);
  const statusAt = async (path: string, ticket: string): Promise<number> => {
    const abort = new AbortController();
    const { status } = await fetch(`${server.baseUrl}${path}?ticket=${ticket}`, { signal: abort.signal });
    abort.abort();
    return status;
  };
  const ticket = await ticketOf(exec);
  expect(await statusAt(`/sandboxes/${id}/events`, ticket)).toBe(200);
  expect(await statusAt(`/sandboxes/${id}/events`, ticket)).toBe(401);
  expect(await statusAt("/events/stream", await ticketOf(exec))).toBe(403);
  expect(await statusAt(`/sandboxes/${id}/events`, await ticketOf(read))).toBe(403);
  expect(await statusAt(`/sandboxes/${id}`, await ticketOf(read))).toBe(401);
  expect(await statusAt("/events/stream", "sset_guessed")).toBe(401);
});

test("a scope that this server does not know is a 422, and a token can only be made by the server's own key", async () => {
  expect((await call(server, "POST", "/tokens/scoped", { body: { user_id: "u", workspace_id: "w", scopes: ["tenant:admin"] } })).status).toBe(422);
  expect((await call(server, "POST", "/tokens/scoped", { key: await tokenOf(...allScopes), body: { user_id: "u", workspace_id: "w" } })).status).toBe(403);
});
