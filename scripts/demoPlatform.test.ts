import { expect, test } from "vitest";
import { demoAccounts } from "./demoAccounts.mjs";
import { createDemoPlatform, type DemoPlatform } from "./demoPlatform.mjs";

const origin = "http://127.0.0.1:4700";
const open = () => createDemoPlatform({ accounts: demoAccounts, cookieName: "demo" });

function signIn(platform: DemoPlatform, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return platform.handle(
    new Request(`${origin}/session`, {
      method: "POST",
      headers: { origin, "content-type": "application/json", "content-length": length, ...headers },
      body: text,
    }),
  );
}

const cookieOf = (response: Response) => response.headers.get("set-cookie")?.split(";")[0] ?? "";
const asking = (cookie: string) => new Request(`${origin}/tenant.json`, { headers: { cookie } });

test("a sign-in without a name is the first account's, by a cookie that no script and no foreign page can use", async () => {
  const platform = open();
  const response = await signIn(platform, {});
  expect(response.headers.get("set-cookie")).toMatch(/^demo=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(platform.authorize(asking(cookieOf(response)))).toEqual(demoAccounts[0]?.session);
});

test.each(demoAccounts)("$id is authorized for its own session and told of no other account's ids", async ({ id, session }) => {
  const platform = open();
  const response = await signIn(platform, { account: id });
  const request = asking(cookieOf(response));
  expect(platform.authorize(request)).toEqual(session);
  const told = `${await response.text()} ${await (await platform.handle(request)).text()}`;
  const others = demoAccounts.filter((account) => account.id !== id);
  const ids = others.flatMap(({ session: other }) => [other.externalWorkspaceId ?? [], other.externalUserId ?? []].flat());
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.filter((other) => told.includes(other))).toEqual([]);
});

test("a switch of account ends the session before it", async () => {
  const platform = open();
  const first = cookieOf(await signIn(platform, {}));
  const second = cookieOf(await signIn(platform, { account: "samuel" }, { cookie: first }));
  expect(platform.authorize(asking(first))).toBeNull();
  expect(platform.authorize(asking(second))).toMatchObject({ externalWorkspaceId: "northside-accounting-207" });
});

test.each([
  ["no origin", {}, { origin: "" }, 403],
  ["a foreign origin", {}, { origin: "http://evil.example" }, 403],
  ["this host under another port", {}, { origin: "http://127.0.0.1:4701" }, 403],
  ["a form's content type", {}, { "content-type": "text/plain" }, 422],
  ["an account that does not exist", { account: "nobody" }, {}, 422],
  ["an account that is not a text", { account: 1 }, {}, 422],
  ["a body that is not JSON", "{", {}, 422],
  ["a body that is too long", { account: "x".repeat(2000) }, {}, 422],
] as const)("a sign-in with %s is refused and sets no cookie", async (_, body, headers, status) => {
  const response = await signIn(open(), body, headers);
  expect(response.status).toBe(status);
  expect(response.headers.get("set-cookie")).toBeNull();
});

test.each(["", "demo=", "demo=guess", "demo=guess; demo=guess", "other=1"])("a request with the cookie %j is nobody's", async (cookie) => {
  const platform = open();
  expect(platform.authorize(asking(cookie))).toBeNull();
  expect((await platform.handle(asking(cookie))).status).toBe(204);
});

test("a cookie that comes twice counts as none", async () => {
  const platform = open();
  const cookie = cookieOf(await signIn(platform, {}));
  expect(platform.authorize(asking(`${cookie}; demo=other`))).toBeNull();
});
