import { invalidArgument, ProtocolError } from "../errors.js";
import { asString } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireNumber, requireObject, requireString } from "../requireArguments.js";
import { unwrapOne } from "../wire.js";
import type { Tokens } from "./types.js";

/** The `tokens` namespace over a transport. */
export function createTokens(transport: Transport): Tokens {
  return {
    async mintScoped(input, options) {
      requireObject("input", input);
      const { userId, workspaceId, expiresInSec, scopes } = input;
      requireString("userId", userId);
      requireString("workspaceId", workspaceId);
      if (expiresInSec !== undefined) {
        requireNumber("expiresInSec", expiresInSec, 1, 86_400);
        if (!Number.isInteger(expiresInSec)) throw invalidArgument("expiresInSec must be whole seconds.");
      }
      if (scopes !== undefined && !Array.isArray(scopes)) throw invalidArgument("scopes must be a list of names such as sandboxes:read.");
      const body = { user_id: userId, workspace_id: workspaceId, expires_in_seconds: expiresInSec, scopes };
      const wire = unwrapOne(await transport.call("POST /tokens/scoped", { params: {}, body, options }));
      const token = asString(wire["token"]);
      if (token === undefined) throw new ProtocolError("The server sent no token.", { code: "INVALID_RESPONSE" });
      const granted = Array.isArray(wire["scopes"]) ? wire["scopes"].map(String) : [];
      return { token, expiresAt: asString(wire["expires_at"]) ?? null, scopes: granted };
    },
  };
}
