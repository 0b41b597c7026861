import { invalidArgument, ProtocolError } from "../errors.js";
import { asNumber, asString, isList } from "../guards.js";
import type { Transport } from "../http/transport.js";
import { requireId } from "../requireArguments.js";
import { unwrapOne } from "../wire.js";
import { followEvents } from "./followEvents.js";
import type { Events } from "./types.js";

/** The `events` namespace over a transport. */
export function createEvents(transport: Transport): Events {
  return {
    stream({ types, ...options } = {}) {
      if (types !== undefined && !isList(types)) throw invalidArgument("types must be a list of globs such as sandbox.*.");
      const query = { types: types?.join(",") };
      return followEvents(transport, "GET /events/stream", { params: {}, query }, options);
    },
    sandboxStream(id, options) {
      requireId(id);
      return followEvents(transport, "GET /sandboxes/:id/events", { params: { id } }, options);
    },
    async mintTicket(options) {
      const wire = unwrapOne(await transport.call("POST /auth/sse-ticket", { params: {}, body: {}, options }));
      const ticket = asString(wire["ticket"]);
      if (ticket === undefined) throw new ProtocolError("The server sent no ticket.", { code: "INVALID_RESPONSE" });
      return { ticket, expiresInSec: asNumber(wire["expires_in"]) ?? 60 };
    },
  };
}
