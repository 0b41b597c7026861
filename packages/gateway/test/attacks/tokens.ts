import { generateKeyPair, SignJWT } from "jose";
import { mintBrowserToken } from "../../src/tokens/mintBrowserToken.js";
import { audience, tokenKeys } from "../attackedGateway.js";
import { lookup, type Attack } from "./attack.js";

/** An attempt with a token in place of a session. */
export interface TokenAttack {
  name: string;
  token: () => Promise<string>;
  path?: string;
  method?: string;
  status: number;
  reaches?: readonly string[];
}

const issuer = "https://platform.example";
const base = { key: tokenKeys.current, audience, issuer, externalWorkspaceId: "acme", can: ["read", "exec"] } as const;
const own = [lookup("acme-1"), "GET /computers/acme-1"];

/** A token signed with a real key, but with whatever is to be wrong about it. */
function forged(
  header: { alg?: string; kid?: string; typ?: string },
  payload: Record<string, unknown>,
  key: Uint8Array | CryptoKey = tokenKeys.current.key,
): () => Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return () =>
    new SignJWT({ ws: "acme", can: ["read"], aud: audience, iss: issuer, iat: now, exp: now + 60, ...payload })
      .setProtectedHeader({ alg: "HS256", kid: "k2", typ: "miosa-browser+jwt", ...header })
      .sign(key);
}

const minted = (more: Partial<Parameters<typeof mintBrowserToken>[0]> = {}) => () => mintBrowserToken({ ...base, ...more });
const now = Math.floor(Date.now() / 1000);

async function unsigned(): Promise<string> {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", kid: "k2", typ: "miosa-browser+jwt" })}.${part({ ws: "acme", can: ["read"], aud: audience, iss: issuer, iat: now, exp: now + 60 })}.`;
}

async function tampered(): Promise<string> {
  const [header = "", , signature = ""] = (await minted()()).split(".");
  const payload = Buffer.from(JSON.stringify({ ws: "globex", can: ["read"], aud: audience, iss: issuer, iat: now, exp: now + 60 })).toString("base64url");
  return `${header}.${payload}.${signature}`;
}

async function edSigned(): Promise<string> {
  const { privateKey } = await generateKeyPair("Ed25519");
  return forged({ alg: "EdDSA" }, {}, privateKey)();
}

export const tokenAttacks: readonly TokenAttack[] = [
  { name: "reads its own with a good token", token: minted(), status: 200, reaches: own },
  { name: "reads its own with a token of the key before", token: minted({ key: tokenKeys.previous }), status: 200, reaches: own },
  { name: "reads another tenant's with a good token", token: minted(), path: "computers/globex-1", status: 404, reaches: [lookup("globex-1")] },
  { name: "runs a command with a token to read", token: minted({ can: ["read"] }), path: "computers/acme-1/exec", method: "POST", status: 403 },
  { name: "reads beside the sandboxes of its token", token: minted({ sandboxIds: ["acme-2"] }), status: 404 },
  { name: "reads a colleague's with a token for one user", token: minted({ externalUserId: "ann", isolation: "user" }), path: "computers/acme-2", status: 404, reaches: [lookup("acme-2")] },
  { name: "uses a token that has expired", token: minted({ ttlSeconds: 1, now: () => Date.now() - 60_000 }), status: 401 },
  { name: "uses a token within the clocks' difference", token: minted({ ttlSeconds: 1, now: () => Date.now() - 5_000 }), status: 200, reaches: own },
  { name: "uses a token that is not yet good", token: forged({}, { nbf: now + 600 }), status: 401 },
  { name: "uses a token without an end", token: forged({}, { exp: undefined }), status: 401 },
  { name: "uses a token without a beginning", token: forged({}, { iat: undefined }), status: 401 },
  { name: "uses a token for another gateway", token: minted({ audience: "https://other.example" }), status: 401 },
  { name: "uses a token for no gateway", token: forged({}, { aud: undefined }), status: 401 },
  { name: "uses a token of another issuer", token: minted({ issuer: "https://evil.example" }), status: 401 },
  { name: "uses a token without a signature", token: unsigned, status: 401 },
  { name: "uses a token whose content was changed", token: tampered, status: 401 },
  { name: "uses a token signed with an unknown secret", token: forged({}, {}, new TextEncoder().encode("x".repeat(32))), status: 401 },
  { name: "uses a token of an unknown key", token: forged({ kid: "k9" }, {}), status: 401 },
  { name: "uses a token of no key", token: forged({ kid: "" }, {}), status: 401 },
  { name: "uses the name of one key and the secret of another", token: forged({ kid: "k1" }, {}), status: 401 },
  { name: "uses another algorithm than the key's", token: edSigned, status: 401 },
  { name: "uses a stronger hash than the key's", token: forged({ alg: "HS512" }, {}), status: 401 },
  { name: "uses another JWT of the platform", token: forged({ typ: "JWT" }, {}), status: 401 },
  { name: "uses a token without a customer", token: forged({}, { ws: undefined }), status: 401 },
  { name: "uses a token with an empty customer", token: forged({}, { ws: "" }), status: 401 },
  { name: "uses a token with two customers", token: forged({}, { ws: ["acme", "globex"] }), status: 401 },
  { name: "uses a token with permissions that do not exist", token: forged({}, { can: ["*"] }), status: 401 },
  { name: "uses a token without permissions", token: forged({}, { can: undefined }), status: 401 },
  { name: "uses a token for an operator", token: forged({}, { operator: true, ws: undefined }), status: 401 },
  { name: "uses a token for one user that names none", token: forged({}, { iso: "user" }), status: 401 },
  { name: "uses a token that is too long to be one", token: forged({}, { filler: "x".repeat(5000) }), status: 401 },
  { name: "uses half a token", token: async () => (await minted()()).split(".").slice(0, 2).join("."), status: 401 },
  { name: "uses something that is no token", token: () => Promise.resolve("undefined"), status: 401 },
];

/** The same row in the form of the others. */
export async function toAttack({ name, token, path = "computers/acme-1", method, status, reaches }: TokenAttack): Promise<Attack> {
  const bearer = ["authorization", `Bearer ${await token()}`] as const;
  return {
    name,
    as: null,
    path: `/api/miosa/${path}`,
    headers: [bearer, ["origin", "https://dash.example"], ["content-type", "application/json"]],
    ...(method && { method, body: "{}" }),
    status,
    ...(reaches && { reaches }),
  };
}
