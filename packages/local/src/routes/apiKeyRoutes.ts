import { tokenRoutes } from "@miosa/protocol";
import { isScopes, allScopes } from "../access/access.js";
import type { ScopedKey, ScopedKeys } from "../access/scopedKeys.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { jsonObject } from "../http/requestBody.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import type { LocalRoute } from "./localRoute.js";

const maxUserLength = 255;

/** Keys for one end user each, which only the server's own keys make, see and take back. Contract 1.2. */
export function apiKeyRoutes({ scopedKeys, now }: { scopedKeys: ScopedKeys; now: () => number }): LocalRoute[] {
  return [
    {
      route: { ...tokenRoutes.mintScoped, path: "/api-keys/scoped" },
      scopes: [],
      answer(context) {
        const given = readKey(jsonObject(context), now());
        const { text, key } = scopedKeys.mint({ tenantId: context.get("tenantId"), ...given });
        const wire = { ...toWire(key), token: text, key: text };
        return context.json({ ...wire, data: wire }, 201);
      },
    },
    {
      route: { ...tokenRoutes.mintScoped, method: "GET", path: "/api-keys" },
      scopes: [],
      answer: (context) => context.json({ data: scopedKeys.list(context.get("tenantId")).map(toWire) }),
    },
    {
      route: { ...tokenRoutes.mintScoped, method: "DELETE", path: "/api-keys/:key" },
      scopes: [],
      answer(context) {
        if (!scopedKeys.revoke(context.get("tenantId"), context.req.param("key") ?? "")) throw new HttpProblem("NOT_FOUND", "There is no such key.");
        return context.json({ ok: true });
      },
    },
  ];
}

function readKey(body: Readonly<Record<string, unknown>>, now: number): Pick<ScopedKey, "externalUserId" | "scopes" | "expiresAt"> {
  const { external_user_id: externalUserId, scopes } = body;
  for (const name of ["external_user_id", "scopes"]) if (body[name] === undefined) throw new HttpProblem("MISSING_PARAM", `${name} is required.`);
  const wrong: Record<string, string[]> = {};
  const expiresAt = readExpiry(body["expires_at"] ?? undefined, now, wrong);
  if (typeof externalUserId !== "string" || externalUserId === "" || externalUserId.length > maxUserLength) {
    wrong["external_user_id"] = [`must be a string of 1 to ${maxUserLength} characters`];
  }
  if (!isScopes(scopes)) wrong["scopes"] = [`must be a list out of ${allScopes.join(", ")}`];
  if (typeof externalUserId !== "string" || !isScopes(scopes) || Object.keys(wrong).length > 0) throw validationProblem(wrong);
  return { externalUserId, scopes, ...(expiresAt !== undefined && { expiresAt }) };
}

function readExpiry(value: unknown, now: number, wrong: Record<string, string[]>): number | undefined {
  if (value === undefined) return undefined;
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (at > now) return at;
  wrong["expires_at"] = ["must be an ISO-8601 time that is still to come"];
  return undefined;
}

function toWire({ id, externalUserId, scopes, createdAt, expiresAt }: ScopedKey): Record<string, unknown> {
  return {
    id,
    external_user_id: externalUserId,
    scopes,
    created_at: toTime(createdAt),
    expires_at: expiresAt === undefined ? null : toTime(expiresAt),
  };
}
