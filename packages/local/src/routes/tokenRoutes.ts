import { eventRoutes, tokenRoutes as routes } from "@miosa/protocol";
import { type Access, allScopes, isScopes, ticketLifeSec } from "../access/access.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { jsonObject } from "../http/requestBody.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import type { LocalRoute } from "./localRoute.js";

const maxLifeSec = 86_400;

/** Scoped tokens and tickets. Contract 1.2 and 5.1. */
export function tokenRoutes({ access, now }: { access: Access; now: () => number }): LocalRoute[] {
  return [
    {
      route: routes.mintScoped,
      scopes: [], // only a key of the server may mint
      answer(context) {
        const body = jsonObject(context);
        const { user_id: userId, workspace_id: workspaceId, expires_in_seconds: expiresInSec = 3_600, scopes = allScopes } = body;
        for (const name of ["user_id", "workspace_id"]) if (body[name] === undefined) throw new HttpProblem("MISSING_PARAM", `${name} is required.`);
        const wrong: Record<string, string[]> = {};
        if (typeof userId !== "string" || userId === "") wrong["user_id"] = ["must be a string that is not empty"];
        if (typeof workspaceId !== "string" || workspaceId === "") wrong["workspace_id"] = ["must be a string that is not empty"];
        if (typeof expiresInSec !== "number" || !Number.isInteger(expiresInSec) || expiresInSec < 1 || expiresInSec > maxLifeSec) {
          wrong["expires_in_seconds"] = [`must be a whole number from 1 to ${maxLifeSec}`];
        }
        if (!isScopes(scopes)) wrong["scopes"] = [`must be a list out of ${allScopes.join(", ")}`];
        if (typeof userId !== "string" || typeof workspaceId !== "string" || typeof expiresInSec !== "number" || !isScopes(scopes) || Object.keys(wrong).length > 0) {
          throw validationProblem(wrong);
        }
        const token = access.mintToken({ tenantId: context.get("tenantId"), userId, workspaceId, scopes, expiresInSec });
        return context.json({ token, expires_at: toTime(now() + expiresInSec * 1_000), scopes });
      },
    },
    {
      route: eventRoutes.ticket,
      scopes: "any", // it can do no more than whoever mints it
      answer: (context) => context.json({ ticket: access.mintTicket(context.get("caller")), expires_in: ticketLifeSec }),
    },
  ];
}
