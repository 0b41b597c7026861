import { eventRoutes } from "@miosa/protocol";
import type { Events } from "../client.js";
import type { Transport } from "../http/transport.js";
import { followEvents } from "./followEvents.js";

/** The `events` namespace over a transport. */
export function createEvents(transport: Transport): Events {
  return {
    stream({ types, ...options } = {}) {
      const query = types === undefined ? {} : { types: types.join(",") };
      return followEvents(transport, eventRoutes.stream, { params: {}, query }, options);
    },
  };
}
