import { decodeJwt, decodeProtectedHeader, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import type { BrowserTokenKey } from "./browserTokenKeys.js";
import { createTokenAuthorizer } from "./createTokenAuthorizer.js";
import { mintBrowserToken, type BrowserTokenOptions } from "./mintBrowserToken.js";

const secret: BrowserTokenKey = { kid: "s", alg: "HS256", key: new Uint8Array(32).fill(7) };
const audience = "https://gateway.example";
const mint = (more: Partial<BrowserTokenOptions> = {}) => mintBrowserToken({ key: secret, audience, externalWorkspaceId: "acme", can: ["read"], ...more });
const bearing = (token: string) => new Request("https://gateway.example/", { headers: { authorization: `Bearer ${token}` } });

test("a token carries its session to the gateway", async () => {
  const token = await mint({ externalUserId: "ann", isolation: "user", sandboxIds: ["a"], can: ["read", "exec"], ttlSeconds: 60, now: () => 1_700_000_000_000 });
  const authorize = createTokenAuthorizer({ keys: [secret], audience, now: () => 1_700_000_030_000 });
  expect(await authorize(bearing(token))).toEqual({
    externalWorkspaceId: "acme",
    externalUserId: "ann",
    isolation: "user",
    sandboxIds: ["a"],
    can: ["read", "exec"],
    expiresAtMs: 1_700_000_070_000,
  });
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", kid: "s", typ: "miosa-browser+jwt" });
  expect(decodeJwt(token)).toMatchObject({ aud: audience, iat: 1_700_000_000, exp: 1_700_000_060 });
});

test("tokens signed with Ed25519 are checked with the public key alone", async () => {
  const { privateKey, publicKey } = await generateKeyPair("Ed25519");
  const token = await mint({ key: { kid: "e", alg: "EdDSA", key: privateKey } });
  const authorize = createTokenAuthorizer({ keys: [secret, { kid: "e", alg: "EdDSA", key: publicKey }], audience });
  expect(await authorize(bearing(token))).toMatchObject({ externalWorkspaceId: "acme" });
});

test("after a rotation tokens of both keys are taken until the old one is removed", async () => {
  const next: BrowserTokenKey = { kid: "t", alg: "HS256", key: new Uint8Array(32).fill(8) };
  const [old, fresh] = await Promise.all([mint(), mint({ key: next })]);
  const both = createTokenAuthorizer({ keys: [next, secret], audience });
  expect(await Promise.all([both(bearing(old)), both(bearing(fresh))])).not.toContain(null);
  const later = createTokenAuthorizer({ keys: [next], audience });
  expect(await later(bearing(old))).toBeNull();
  expect(await later(bearing(fresh))).not.toBeNull();
});

test("a WebSocket brings its token among the subprotocols, and nothing else does", async () => {
  const token = await mint();
  const authorize = createTokenAuthorizer({ keys: [secret], audience });
  const headers = { "sec-websocket-protocol": `miosa-exec-v1, bearer.${token}` };
  expect(await authorize(new Request("https://x.example", { headers: { ...headers, upgrade: "websocket" } }))).not.toBeNull();
  expect(await authorize(new Request("https://x.example", { headers }))).toBeNull();
  expect(await authorize(new Request("https://x.example"))).toBeNull();
});

test.each([0, -1, 1.5, 86_401, Number.NaN])("a lifetime of %d seconds is refused", async (ttlSeconds) => {
  await expect(mint({ ttlSeconds })).rejects.toThrow(TypeError);
});

test("keys that protect nothing, sessions of nobody and two keys of one name are refused", async () => {
  const { publicKey } = await generateKeyPair("ES256");
  const weak: BrowserTokenKey[] = [
    { kid: "w", alg: "HS256", key: new Uint8Array(31) },
    { kid: "", alg: "HS256", key: new Uint8Array(32) },
    { kid: "w", alg: "EdDSA", key: new Uint8Array(32) },
    { kid: "w", alg: "EdDSA", key: publicKey },
    { kid: "w", alg: "HS256", key: publicKey },
  ];
  for (const key of weak) {
    await expect(mint({ key })).rejects.toThrow(TypeError);
    expect(() => createTokenAuthorizer({ keys: [key], audience })).toThrow(TypeError);
  }
  await expect(mint({ externalWorkspaceId: "" })).rejects.toThrow(TypeError);
  expect(() => createTokenAuthorizer({ keys: [], audience })).toThrow(TypeError);
  expect(() => createTokenAuthorizer({ keys: [secret, secret], audience })).toThrow(TypeError);
});
