import { randomBytes } from "node:crypto";
import { pageHeaders } from "./pageHandler.mjs";

/** Sessions that are remembered; the oldest beyond these end. */
const keptSessions = 1000;

/** Longest body of a sign-in, in bytes. */
const bodyBytes = 1024;

/**
 * Stands in for the platform around the gateway: a sign-in without passwords, and the brand of whoever is signed in.
 *
 *     POST /session      { "account": id } signs in by a cookie that no script can read; without an account, as the first one
 *     GET  /tenant.json  whose dashboard this is; 204 while nobody is signed in
 *
 * `authorize` is the gateway's session check. No answer holds an attribution id of an account other than the one signed in.
 */
export function createDemoPlatform({ accounts, cookieName }) {
  const sessions = new Map();

  const accountOf = (request) => sessions.get(readCookie(request, cookieName));

  function describe(account) {
    const { externalWorkspaceId = null, externalUserId = null } = account.session;
    return {
      ...account.brand,
      externalWorkspaceId,
      user: { id: externalUserId, name: account.userName },
      accounts: accounts.map(({ id, userName, brand }) => ({ id, userName, name: brand.name, accent: brand.accent, isCurrent: id === account.id })),
    };
  }

  async function signIn(request) {
    if (request.method !== "POST") return refuse(405, "Only POST is possible here.", { allow: "POST" });
    // The cookie is Strict, so a foreign page could not use a session; it must not choose one either.
    if (request.headers.get("origin") !== new URL(request.url).origin) return refuse(403, "Only the dashboard's own page may sign in.");
    const wanted = await readAccountId(request);
    const account = wanted === undefined ? undefined : wanted === null ? accounts[0] : accounts.find(({ id }) => id === wanted);
    if (account === undefined) return refuse(422, "There is no such account.");
    sessions.delete(readCookie(request, cookieName));
    const token = randomBytes(32).toString("base64url");
    sessions.set(token, account);
    if (sessions.size > keptSessions) sessions.delete(sessions.keys().next().value);
    return answer(200, describe(account), { "set-cookie": `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict` });
  }

  function showTenant(request) {
    if (request.method !== "GET") return refuse(405, "Only GET is possible here.", { allow: "GET" });
    const account = accountOf(request);
    if (account !== undefined) return answer(200, describe(account));
    return new Response(null, { status: 204, headers: { ...pageHeaders, "cache-control": "no-store" } });
  }

  return {
    authorize: (request) => accountOf(request)?.session ?? null,
    serves: (path) => path === "/session" || path === "/tenant.json",
    handle: async (request) => (new URL(request.url).pathname === "/session" ? signIn(request) : showTenant(request)),
  };
}

/** The account id of a sign-in, null for none, undefined for a body that is not a sign-in. */
async function readAccountId(request) {
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (request.headers.get("content-type") !== "application/json" || !(length <= bodyBytes)) return undefined;
  try {
    const { account = null } = Object(await request.json());
    return account === null || typeof account === "string" ? account : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** A cookie that came twice was not set by us both times, and counts as none. */
function readCookie(request, name) {
  const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

function answer(status, body, headers = {}) {
  return Response.json(body, { status, headers: { ...pageHeaders, "cache-control": "no-store", ...headers } });
}

function refuse(status, message, headers = {}) {
  return answer(status, { error: { message } }, headers);
}
